#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "app/applied.h"
#include "kit/loaded_server.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) all.push_back(line);
  return all;
}

std::uint64_t number(const RedisServer& server, std::vector<std::string> words) {
  return std::stoull(redis_cli(server, std::move(words)));
}

plan::Policy with(plan::Retention completed, plan::Retention failed) {
  plan::Policy policy;
  policy.bull.front().completed = completed;
  policy.bull.front().failed = failed;
  return policy;
}

/// Everything of the queues that is not finished work: what no clean may change.
std::string unfinished(const RedisServer& server) {
  return redis_cli(server, {"EVAL", R"(
    local out = {}
    local function hash(name)
      local fields, flat = redis.call('HGETALL', name), {}
      for i = 1, #fields, 2 do flat[#flat + 1] = fields[i] .. '=' .. fields[i + 1] end
      table.sort(flat)
      return redis.sha1hex(table.concat(flat, '|'))
    end
    local names = redis.call('KEYS', '*')
    table.sort(names)
    for _, name in ipairs(names) do
      local kind = redis.call('TYPE', name).ok
      local part = name:match(':([%a-]+)$')
      if kind == 'list' and (part == 'wait' or part == 'paused' or part == 'active') then
        local root = name:sub(1, -(#part + 1))
        for _, id in ipairs(redis.call('LRANGE', name, 0, -1)) do
          out[#out + 1] = name .. ' ' .. id .. ' ' .. hash(root .. id)
          out[#out + 1] = table.concat(redis.call('SORT', root .. id .. ':dependencies', 'ALPHA'), '|')
        end
      elseif kind == 'zset' and (part == 'delayed' or part == 'prioritized' or part == 'waiting-children') then
        local root = name:sub(1, -(#part + 1))
        for _, id in ipairs(redis.call('ZRANGE', name, 0, -1)) do
          out[#out + 1] = name .. ' ' .. id .. ' ' .. hash(root .. id)
          out[#out + 1] = table.concat(redis.call('SORT', root .. id .. ':dependencies', 'ALPHA'), '|')
        end
      elseif part == 'meta' or part == 'id' or part == 'repeat' then
        out[#out + 1] = name .. ' ' .. (part == 'meta' and hash(name) or redis.sha1hex(redis.call('DUMP', name)))
      end
    end
    return table.concat(out, '\n'))",
                            "0"});
}

/// Every name of a hash, with what could be a name of a job of it, that no set or list names.
std::string unreferenced(const RedisServer& server) {
  return redis_cli(server, {"EVAL", R"(
    local named, out = {}, {}
    local names = redis.call('KEYS', '*')
    for _, name in ipairs(names) do
      local kind = redis.call('TYPE', name).ok
      local root = name:match('^(.*:)[%a-]+$')
      if kind == 'list' and root then
        for _, id in ipairs(redis.call('LRANGE', name, 0, -1)) do named[root .. id] = true end
      elseif kind == 'zset' and root then
        for _, id in ipairs(redis.call('ZRANGE', name, 0, -1)) do named[root .. id] = true end
      end
    end
    for _, name in ipairs(names) do
      if redis.call('TYPE', name).ok == 'hash' and redis.call('HEXISTS', name, 'data') == 1 and
          redis.call('HEXISTS', name, 'timestamp') == 1 and not named[name] then out[#out + 1] = name end
      local job = name:match('^(.*):logs$')
      if job and redis.call('TYPE', name).ok == 'list' and redis.call('EXISTS', job) == 0 then out[#out + 1] = name end
    end
    return table.concat(out, '\n'))",
                            "0"});
}

std::uint64_t finished(const RedisServer& server, const std::string& state) {
  std::uint64_t sum = 0;
  for (const auto& key : lines(redis_cli(server, {"KEYS", "*:" + state})))
    if (redis_cli(server, {"TYPE", key}) == "zset") sum += number(server, {"ZCARD", key});
  return sum;
}

struct BullFinished : testing::TestWithParam<std::string> {
  void produce_old() {
    const bool bullmq = GetParam().starts_with("bullmq");
    produce({bullmq ? "bullmq.mjs" : "bull.mjs", "--library", GetParam(), "--age-days", "10"}, server.url());
  }
  RedisServer server{};
};

// A50 A70 A71 A77 A78 A84 A87 A96: of every library, what is past its age goes with all that belongs to it,
// and nothing else.
TEST_P(BullFinished, removes_old_jobs_whole_and_no_other) {
  produce_old();
  const auto before = unfinished(server);
  ASSERT_THAT(unreferenced(server), IsEmpty());
  ASSERT_GT(finished(server, "completed"), 5U);
  const auto digest = redis_cli(server, {"DEBUG", "DIGEST"});
  const auto plan = planned(server, "bull_finished", {});
  EXPECT_EQ(redis_cli(server, {"DEBUG", "DIGEST"}), digest) << "planning changed something";
  ASSERT_GT(plan.steps.size(), 5U);
  EXPECT_EQ(make_all(server, plan), plan.steps.size());
  EXPECT_EQ(finished(server, "completed"), 0U);
  EXPECT_EQ(unfinished(server), before);
  EXPECT_THAT(unreferenced(server), IsEmpty());
  std::uint64_t left = 0;
  for (const auto& group : plan.left) {
    left += group.keys;
    EXPECT_THAT(group.why, HasSubstr("its parent still waits for")) << group.owner;
  }
  EXPECT_EQ(finished(server, "failed"), left);
}

// A70: by count alone, the newest stay.
TEST_P(BullFinished, keeps_the_newest_so_many) {
  produce_old();
  std::map<std::string, std::vector<std::string>> newest;
  for (const auto& key : lines(redis_cli(server, {"KEYS", "*:completed"})))
    if (redis_cli(server, {"TYPE", key}) == "zset")
      newest[key] = lines(redis_cli(server, {"ZRANGE", key, "-2", "-1"}));
  make_all(server, planned(server, "bull_finished", with({{}, 2, {}}, {{}, 0, {}})));
  for (const auto& [key, ids] : newest)
    EXPECT_EQ(lines(redis_cli(server, {"ZRANGE", key, "0", "-1"})), ids) << key;
  EXPECT_THAT(unreferenced(server), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Libraries, BullFinished,
                         testing::Values("bullmq6", "bullmq5", "bullmq4", "bullmq1", "bull4", "bull3"),
                         [](const auto& one) { return one.param; });

class OneQueue : public testing::Test {
 protected:
  explicit OneQueue(int jobs = 2300) {
    produce({"bullmq_finished.mjs", "--jobs", std::to_string(jobs), "--bytes", "300"}, server.url());
  }
  RedisServer server{};
};

// By bytes: the newest that fit stay, counted by the server's own MEMORY USAGE.
TEST_F(OneQueue, keeps_the_newest_that_fit_into_a_budget) {
  const auto plan = planned(server, "bull_finished", with({{}, {}, Bytes{1'000'000}}, {}));
  EXPECT_EQ(make_all(server, plan), plan.steps.size());
  std::uint64_t sum = 0;
  const auto kept = lines(redis_cli(server, {"ZRANGE", "bull:mail:completed", "0", "-1"}));
  for (const auto& id : kept) sum += number(server, {"MEMORY", "USAGE", "bull:mail:" + id, "SAMPLES", "0"});
  EXPECT_LE(sum, 1'000'000U);
  EXPECT_GT(sum, 990'000U);
  EXPECT_EQ(kept.size() + plan.steps.size(), 2300U);
}

// Oldest first, so that a run that is stopped has removed the oldest; and the bytes of the steps add up to
// what the jobs take.
TEST_F(OneQueue, goes_from_the_oldest_on_and_knows_what_it_frees) {
  const auto ids = lines(redis_cli(server, {"ZRANGE", "bull:mail:completed", "0", "1799"}));
  const auto plan = planned(server, "bull_finished", with({{}, 500, {}}, {}));
  ASSERT_EQ(plan.steps.size(), 1800U);
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(plan.steps[i].keys.front(), "bull:mail:" + ids[i]);
    bytes += plan.steps[i].bytes;
  }
  std::uint64_t real = 0;
  for (std::size_t i = 0; i < 20; ++i)
    real += number(server, {"MEMORY", "USAGE", "bull:mail:" + ids[i * 90], "SAMPLES", "0"}) + 96;
  EXPECT_NEAR(static_cast<double>(bytes) / 1800, static_cast<double>(real) / 20,
              static_cast<double>(real) / 20 * 0.03);
  EXPECT_EQ(plan.rules.size(), 1U);
  EXPECT_THAT(plan.rules[0].what, HasSubstr("beyond the newest 500"));
}

// F42: what became of a job between plan and apply: retried, its id used again, written to, its hash lost.
TEST_F(OneQueue, leaves_alone_what_changed_since_the_plan) {
  const auto plan = planned(server, "bull_finished", with({{}, 0, {}}, {}));
  ASSERT_EQ(plan.steps.size(), 2300U);
  redis_cli(server, {"ZREM", "bull:mail:completed", "1"});  // retried
  redis_cli(server, {"LPUSH", "bull:mail:wait", "1"});
  redis_cli(server, {"ZADD", "bull:mail:completed", "1900000000000", "2"});  // retried, and finished again
  redis_cli(server, {"HSET", "bull:mail:3", "timestamp", "1900000000000"});  // the counter began anew
  redis_cli(server, {"DEL", "bull:mail:4"});
  redis_cli(server, {"HSET", "bull:mail:5", "progress", "50"});  // still finished: goes
  std::set<std::string> refused;
  for (const auto& step : plan.steps)
    if (!make(server, step)) refused.insert(step.keys.front());
  EXPECT_EQ(refused, (std::set<std::string>{"bull:mail:1", "bull:mail:2", "bull:mail:3", "bull:mail:4"}));
}

// A88: the counter of ids began anew. A job of today whose id also stands among the finished ones keeps its
// hash.
TEST(BullFinishedTwice, leaves_ids_in_two_states_alone) {
  for (const std::string name : {"bullmq6_debris", "bullmq5_debris"}) {
    const auto server = loaded_server(name);
    const auto plan = planned(*server, "bull_finished", with({{}, 0, {}}, {{}, 0, {}}));
    EXPECT_THAT(reasons(plan),
                Contains(AllOf(StartsWith("bull:shop-id_reset: 2 keys:"), HasSubstr("in two states"))));
    EXPECT_THAT(keys_of(plan, "bull-completed", "bull:shop-id_reset"), SizeIs(1));
  }
}

// Nothing is asked for, nothing is planned: F44.
TEST_F(OneQueue, plans_nothing_where_everything_is_kept) {
  const auto plan = planned(server, "bull_finished", with({}, {}));
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_THAT(plan.rules, IsEmpty());
}

// --release-parents: a failed child is struck from its parent's list as long as that waits for others.
TEST(BullFlow, releases_a_parent_that_waits_for_other_children_too) {
  RedisServer server;
  produce({"bullmq.mjs", "--library", "bullmq6", "--parts", "flows", "--age-days", "10"}, server.url());
  auto policy = with({}, {{}, 0, {}});
  const auto key = std::string("bull:shop-parents:order-stuck:dependencies");
  const auto careful = planned(server, "bull_finished", policy);
  EXPECT_THAT(reasons(careful), Contains(HasSubstr("the parent never runs")));
  const auto waited_for = number(server, {"SCARD", key});
  ASSERT_EQ(waited_for, 3U);
  policy.bull.front().release_parents = true;
  const auto plan = planned(server, "bull_finished", policy);
  EXPECT_EQ(make_all(server, plan), plan.steps.size());
  EXPECT_EQ(number(server, {"SCARD", key}), 2U);
  EXPECT_EQ(redis_cli(server, {"ZSCORE", "bull:shop-parents:waiting-children", "order-stuck"}).empty(),
            false);
}

}  // namespace
}  // namespace headroom::test
