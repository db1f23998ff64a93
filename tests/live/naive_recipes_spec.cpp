#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "live/audited.h"
#include "live/live_work.h"

// The recipes of the runbooks, run as they stand there on data of the real libraries, and what they destroy;
// and headroom on the same data beside them. What the documentation says of such recipes is asserted here.
namespace headroom::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Everything finished goes, at any age: as bold as a policy can be.
constexpr auto boldest_policy = R"toml(
[bull]
completed = { count = 0 }
failed = { count = 0 }
[celery]
result_age = "2h"
[limits]
share = "100%"
keys = 100000000
)toml";

/// The clean-up task of seed 001 with its rules by parts of names; TTLs of jobs, events and metrics.
constexpr auto orphan_loop = R"lua(
local function has(key, part) return string.find(key, part, 1, true) end
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local skip = key:sub(-5) == ':meta' or redis.call('TTL', key) ~= -1
  for _, word in ipairs({':active', ':wait', ':delayed', ':failed', ':completed'}) do
    skip = skip or has(key, word)
  end
  if not skip then
    redis.call('EXPIRE', key, has(key, ':events:') and ARGV[3] or has(key, ':metrics') and ARGV[4] or ARGV[2])
  end
end
)lua";

bool exists(const RedisServer& server, const std::string& key) {
  return redis_cli(server, {"EXISTS", key}) == "1";
}

class NaiveRecipe : public testing::Test {
 protected:
  /// A shop whose queues hold work in every state, and keys of others beside it.
  void fill_with_jobs() {
    const auto made = Json::parse(produce(
        {"bullmq.mjs", "--library", "bullmq6", "--queue", "shop", "--parts", "states,flows"}, server.url()));
    for (const auto& queue : made["queues"]) roots.push_back(queue["root"]);
    for (const auto& key : others) redis_cli(server, {"SET", key, "somebody else's"});
    before = live_work(server, roots);
    ASSERT_THAT(before, SizeIs(testing::Gt(20U)));
  }

  /// As a shell runs it; {cli} is redis-cli with the address.
  Finished recipe(std::string text) {
    const std::string cli = "redis-cli -s " + server.socket_path();
    for (auto at = text.find("{cli}"); at != std::string::npos; at = text.find("{cli}"))
      text.replace(at, 5, cli);
    return run({"sh", "-c", text});
  }

  std::size_t live_before() const {
    return static_cast<std::size_t>(
        std::count_if(before.begin(), before.end(), [](const auto& job) { return job.second; }));
  }
  std::vector<std::string> lost_work() const { return lost(before, live_work(server, roots)); }

  void clean_with_headroom() {
    const std::string policy = server.folder() + "/headroom.toml";
    std::ofstream(policy) << boldest_policy;
    const auto done =
        headroom({"clean", server.url(), "--policy", policy, "--yes", "--state", server.folder() + "/state"});
    EXPECT_EQ(done.status, 0) << done.out << done.err;
  }

  void give_ttls_by_names() const {
    redis_cli(server, {"EVAL", orphan_loop, "0", "bull:*", "604800", "86400", "172800"});
  }
  std::int64_t ttl(const std::string& key) const { return std::stoll(redis_cli(server, {"TTL", key})); }

  void expect_others_untouched() const {
    for (const auto& key : others) EXPECT_TRUE(exists(server, key)) << key;
  }

  const std::vector<std::string> others{"user:42", "user:43", "session:7"};
  std::vector<std::string> roots{};
  std::map<std::string, bool> before{};
  RedisServer server;
};

// A20: xargs splits names at blanks.
TEST_F(NaiveRecipe, deleting_bull_keys_by_xargs_kills_live_queues_and_keys_of_others) {
  fill_with_jobs();
  redis_cli(server, {"SET", "bull:shop:note user:42", "a name with a blank"});
  redis_cli(server, {"SET", "bull:shop:note\nuser:43", "a name with a line end"});
  recipe("{cli} --scan --pattern 'bull:*' | xargs -L 1000 {cli} DEL");
  EXPECT_THAT(lost_work(), SizeIs(live_before()));
  EXPECT_FALSE(exists(server, "user:42"));
  EXPECT_FALSE(exists(server, "user:43"));
  EXPECT_TRUE(exists(server, "bull:shop:note user:42")) << "what it was meant for is still there";
}

// A20: a quote in one name stops everything.
TEST_F(NaiveRecipe, deleting_by_xargs_deletes_nothing_where_a_name_has_a_quote) {
  fill_with_jobs();
  redis_cli(server, {"SET", "bull:shop:it's", "x"});
  const auto keys = redis_cli(server, {"DBSIZE"});
  const auto done = recipe("{cli} --scan --pattern 'bull:shop:it*' | xargs -L 1000 {cli} DEL");
  EXPECT_NE(done.status, 0);
  EXPECT_EQ(redis_cli(server, {"DBSIZE"}), keys);
}

// A21: KEYS and DEL in one script: all live work, and the server stands still meanwhile.
TEST_F(NaiveRecipe, deleting_in_a_script_kills_live_queues) {
  fill_with_jobs();
  recipe(
      "{cli} EVAL \"local keys = redis.call('keys', ARGV[1]) for i = 1, #keys, 5000 do redis.call('del', "
      "unpack(keys, i, math.min(i + 4999, #keys))) end return #keys\" 0 'bull:*'");
  EXPECT_THAT(lost_work(), SizeIs(live_before()));
}

// A22 A48: results by name, without a look at their age.
TEST_F(NaiveRecipe, deleting_results_by_name_takes_those_that_somebody_waits_for) {
  const auto made = Json::parse(produce({"celery_producer.py"}, server.url()));
  const auto fresh = recipe("{cli} --scan --pattern 'celery-task-meta-*'").out;
  ASSERT_THAT(fresh, Not(IsEmpty()));
  redis_cli(server, {"SET", "user:42", "somebody else's"});
  redis_cli(server, {"SET", "celery-task-meta-a user:42", "a name with a blank"});
  recipe("{cli} --scan --pattern 'celery-task-meta-*' | xargs -L 100 {cli} DEL");
  EXPECT_EQ(recipe("{cli} --scan --pattern 'celery-task-meta-*'").out, "celery-task-meta-a user:42\n");
  EXPECT_FALSE(exists(server, "user:42"));
}

// A23: the emergency of the runbook.
TEST_F(NaiveRecipe, flushing_takes_the_waiting_jobs_too) {
  fill_with_jobs();
  recipe("{cli} BGSAVE; {cli} FLUSHDB");
  EXPECT_THAT(lost_work(), SizeIs(live_before()));
}

// A50: the sets are an index; the jobs stay, and nobody finds them any more.
TEST_F(NaiveRecipe, deleting_completed_sets_frees_little_and_orphans_every_job) {
  fill_with_jobs();
  const auto root = roots.front();
  std::istringstream ids(redis_cli(server, {"ZRANGE", root + ":completed", "0", "-1"}));
  std::size_t jobs = 0, orphans = 0;
  std::vector<std::string> finished;
  for (std::string id; std::getline(ids, id);) finished.push_back(root + ":" + id);
  recipe("{cli} --scan --pattern 'bull:*:completed' | head -20000 | xargs -L 100 {cli} DEL");
  for (const auto& job : finished) ++jobs, orphans += exists(server, job) ? 1 : 0;
  EXPECT_GT(jobs, 0U);
  EXPECT_EQ(orphans, jobs);
}

// A81 A87 A88: a key without TTL is no orphan.
TEST_F(NaiveRecipe, giving_a_ttl_to_every_key_without_one_leaves_ids_without_jobs) {
  fill_with_jobs();
  const auto root = roots.front();
  give_ttls_by_names();
  const auto has_ttl = [&](const std::string& key) { return redis_cli(server, {"TTL", key}) != "-1"; };
  EXPECT_TRUE(has_ttl(root + ":id"));
  EXPECT_FALSE(has_ttl(root + ":meta"));
  std::size_t live_with_ttl = 0;
  for (const auto& [job, whole] : before)
    if (job.starts_with(root + " "))
      live_with_ttl += has_ttl(root + ":" + job.substr(job.rfind(' ') + 1)) ? 1 : 0;
  EXPECT_GT(live_with_ttl, 0U) << "jobs that wait were given an end";
  redis_cli(server, {"EVAL",
                     "for _, key in ipairs(redis.call('KEYS', '*')) do if redis.call('TTL', key) > 0 then "
                     "redis.call('DEL', key) end end",
                     "0"});
  EXPECT_THAT(lost_work(), SizeIs(testing::Ge(live_with_ttl)));
}

// A82 A83 A84 A85 A86: the loop keeps TTLs that are there and `meta`, and gives orphans the TTL of jobs; but
// the stream is named `events`, not `events:`, so that it gets that of jobs too; and `metrics:completed` is
// passed over for its last word, so that the rule for metrics never acts. A81: nor does any in a queue
// `wait-list`.
TEST_F(NaiveRecipe, giving_ttls_by_parts_of_names_takes_the_wrong_ones) {
  fill_with_jobs();
  const auto root = roots.front();
  redis_cli(server, {"SET", root + ":stalled-check", "1", "PX", "30000"});
  for (const auto& orphan : {root + ":4711", std::string("bull:wait-list:4711")})
    redis_cli(server, {"HSET", orphan, "name", "email", "data", "{}", "timestamp", "1500000000000"});
  give_ttls_by_names();
  EXPECT_LE(ttl(root + ":stalled-check"), 30);
  EXPECT_EQ(ttl(root + ":meta"), -1);
  EXPECT_GT(ttl(root + ":4711"), 604'000);
  EXPECT_EQ(ttl("bull:wait-list:4711"), -1);
  EXPECT_GT(ttl(root + ":events"), 604'000) << "and the whole stream goes, young entries and all";
  for (const auto* part : {":metrics:completed", ":metrics:completed:data", ":metrics:failed"}) {
    ASSERT_TRUE(exists(server, root + part)) << part;
    EXPECT_EQ(ttl(root + part), -1) << part;
  }
}

// A72 A73 A74 A75 A76 A82 A84 A85 A86: what the application and the library set stays as it is, whatever is
// cleaned: `meta`, the attempts and the backoff of jobs, the mark of the stalled check with its time, metrics
// that a worker writes; and no key of the queue gets a TTL.
TEST_F(NaiveRecipe, headroom_leaves_settings_as_they_are) {
  fill_with_jobs();
  for (const auto& root : roots) redis_cli(server, {"SET", root + ":stalled-check", "1", "PX", "300000"});
  const auto settings = [&] {
    std::istringstream lines(redis_cli(server, {"EVAL", R"lua(
      local out = {}
      for _, key in ipairs(redis.call('KEYS', 'bull:*')) do
        local ttl, opts = redis.call('TTL', key), false
        if redis.call('TYPE', key).ok == 'hash' then opts = redis.call('HGET', key, 'opts') end
        if string.find(key, ':metrics:') or key:sub(-5) == ':meta' then
          opts = redis.sha1hex(redis.call('DUMP', key))
        end
        out[#out + 1] = key .. ' ' .. (ttl == -1 and 'stays' or 'expires') .. ' ' .. tostring(opts)
      end
      return out)lua",
                                                "0"}));
    std::set<std::string> all;
    for (std::string line; std::getline(lines, line);) all.insert(line);
    return all;
  };
  const auto set_before = settings();
  ASSERT_THAT(set_before, Contains(AllOf(HasSubstr("attempts\":3"), HasSubstr("backoff"))));
  clean_with_headroom();
  const auto set_after = settings();
  EXPECT_LT(set_after.size(), set_before.size()) << "finished jobs are gone";
  EXPECT_TRUE(std::includes(set_before.begin(), set_before.end(), set_after.begin(), set_after.end()));
  for (const auto& root : roots) {
    EXPECT_TRUE(exists(server, root + ":meta")) << root;
    EXPECT_GT(ttl(root + ":stalled-check"), 200) << root;
  }
  for (const auto* part : {":events stays", ":metrics:completed stays", ":metrics:completed:data stays"})
    EXPECT_THAT(set_after, Contains(HasSubstr(roots.front() + part)));
}

// A197: a TTL on everything.
TEST_F(NaiveRecipe, expiring_all_keys_takes_queues_and_bindings) {
  produce({"celery_producer.py"}, server.url());
  recipe(
      "{cli} --scan | while read -r key; do [ \"$({cli} TTL \"$key\")\" = -1 ] && {cli} EXPIRE \"$key\" "
      "3600; done");
  EXPECT_NE(redis_cli(server, {"TTL", "maintenance"}), "-1");
  EXPECT_NE(redis_cli(server, {"TTL", "_kombu.binding.maintenance"}), "-1");
  EXPECT_NE(redis_cli(server, {"TTL", "unacked"}), "-1");
}

// A20 A21 A50 A87: the same data, and the boldest policy there is.
TEST_F(NaiveRecipe, headroom_takes_finished_jobs_and_no_live_one) {
  fill_with_jobs();
  redis_cli(server, {"SET", "bull:shop:it's", "x"});
  clean_with_headroom();
  EXPECT_THAT(lost_work(), IsEmpty());
  EXPECT_THAT(live_work(server, roots), testing::Eq(before));
  expect_others_untouched();
  EXPECT_EQ(redis_cli(server, {"ZCARD", roots.front() + ":completed"}), "0");
}

}  // namespace
}  // namespace headroom::test
