#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "app/aged_server.h"
#include "kit/loaded_server.h"
#include "live/audited.h"
#include "live/plan_kit.h"

// What the operations documents want of a clean-up, as an operator runs it: by hand, by cron, by variables.
namespace headroom::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr int fine = 0, refused = 5;
constexpr auto old_date = R"("2020-01-01T00:00:00")";

std::string result(const std::string& status, const std::string& date) {
  return R"({"status": ")" + status + R"(", "result": 1, "date_done": )" + date + "}";
}

class Runbook : public testing::Test {
 protected:
  const RedisServer& server() const { return kit.server; }
  std::string redis(std::vector<std::string> words) const { return redis_cli(kit.server, std::move(words)); }
  std::int64_t number(std::vector<std::string> words) const { return std::stoll(redis(std::move(words))); }
  bool has(const std::string& key) const { return redis({"EXISTS", key}) == "1"; }
  void finish_jobs(int count, const std::string& queue = "mail") const {
    produce({"bullmq_finished.mjs", "--queue", queue, "--jobs", std::to_string(count), "--bytes", "20"},
            kit.server.url());
  }
  Json clean(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"clean", kit.server.url(), "--yes", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto done = kit.run_command(words);
    EXPECT_EQ(done.status, fine) << done.err;
    return done.status == fine ? Json::parse(done.out) : Json();
  }
  /// How often the server executed a command since CONFIG RESETSTAT, in scripts too.
  std::int64_t calls(const std::string& command) const {
    const auto stats = redis({"INFO", "commandstats"});
    const auto at = stats.find("cmdstat_" + command + ":calls=");
    return at == std::string::npos ? 0 : std::stoll(stats.substr(at + command.size() + 15));
  }
  PlanKit kit;
};

// A18 A19 A91: keys of queues and results are counted exactly and cleaned by SCAN, in small pages, and no
// command looks at all keys at once
TEST_F(Runbook, counts_and_cleans_without_a_look_at_all_keys_at_once) {
  finish_jobs(300);
  fill(server(), "celery-task-meta-", 5'000);
  const auto bull = redis({"EVAL", "return #redis.call('KEYS', 'bull:*')", "0"});
  const auto all = number({"DBSIZE"});
  kit.policy("[bull]\ncompleted = { count = 0 }\n[limits]\nshare = \"100%\"\n");
  redis({"CONFIG", "RESETSTAT"});
  const auto counted =
      Json::parse(kit.run_command({"audit", kit.server.url(), "--summary", "--format", "json"}).out);
  EXPECT_EQ(counted.at("bull_keys"), std::stoll(bull));
  EXPECT_EQ(counted.at("celery_result_keys"), 5'000);
  EXPECT_GE(calls("scan"), all / 1000);
  const auto report = clean();
  EXPECT_GE(report.at("removed"), 300);
  for (const auto* command : {"keys", "flushdb", "flushall", "del", "smembers", "monitor"})
    EXPECT_EQ(calls(command), 0) << command;
}

// A64: jobs come without end, and what is kept does not grow
TEST_F(Runbook, a_queue_that_is_cleaned_stays_as_small_as_it_was) {
  kit.policy("[bull]\ncompleted = { count = 100 }\nevent_entries = 200\n[limits]\nshare = \"100%\"\n");
  std::vector<std::int64_t> keys;
  for (int round = 0; round < 3; ++round) {
    finish_jobs(250);
    clean();
    keys.push_back(kit.keys());
    EXPECT_EQ(redis({"ZCARD", "bull:mail:completed"}), "100");
    EXPECT_EQ(redis({"XLEN", "bull:mail:events"}), "200");
  }
  EXPECT_EQ(keys[1], keys[0]);
  EXPECT_EQ(keys[2], keys[0]);
  EXPECT_EQ(redis({"GET", "bull:mail:id"}), "750") << "the counter of ids goes on";
}

// A95: the address and the password by variables, as the services themselves have them
TEST(RunbookByVariables, is_told_where_the_server_is) {
  PlanKit kit;
  const auto port = std::to_string(free_port());
  const RedisServer server({"--port", port, "--bind", "127.0.0.1"});
  fill(server, "cart", 20);
  redis_cli(server, {"CONFIG", "SET", "requirepass", "se/cr+et="});
  const auto run_with = [&](const std::string& password) {
    return run({"env", "-C", kit.path(""), HEADROOM_PROGRAM, "clean", "--yes"},
               {"HEADROOM_STATE_DIR=" + kit.path("state"), "REDIS_HOST=127.0.0.1", "REDIS_PORT=" + port,
                "REDIS_PASSWORD=" + password});
  };
  const auto keys = [&] {
    return run({"redis-cli", "-s", server.socket_path(), "EXISTS", "cart:1"}, {"REDISCLI_AUTH=se/cr+et="})
        .out;
  };
  const auto wrong = run_with("another");
  EXPECT_NE(wrong.status, fine);
  EXPECT_THAT(wrong.err, Not(HasSubstr("another")));
  EXPECT_EQ(keys(), "1\n");
  const auto right = run_with("se/cr+et=");
  EXPECT_EQ(right.status, fine) << right.err;
  EXPECT_THAT(right.out + right.err, Not(HasSubstr("se/cr+et=")));
  EXPECT_EQ(keys(), "0\n");
}

// A65 A98: no variable but those that are documented: channels are no keys, and the second name of the TTL of
// jobs is none
TEST_F(Runbook, other_variables_of_the_services_change_no_rule) {
  const auto shown = [&](const std::vector<std::string>& variables) {
    std::vector<std::string> words{"env", "-C", kit.path("")};
    words.insert(words.end(), variables.begin(), variables.end());
    words.insert(words.end(), {HEADROOM_PROGRAM, "config", "show"});
    return run(words).out;
  };
  EXPECT_THAT(shown({}), HasSubstr("[bull]"));
  EXPECT_EQ(shown({"REDIS_CHANNEL_TTL=1", "REDIS_JOB_KEY_TTL=1"}), shown({}));
  EXPECT_NE(shown({"REDIS_JOB_TTL=259200"}), shown({}));
}

// A97: the rules of each queue stand in one order: completed, failed, events; and since each step is proved
// by itself, orphans first or last ends in the same data
TEST(RunbookOrder, of_rules_is_one_and_makes_no_difference) {
  std::set<std::string> digests;
  const std::vector<std::string> order{"bull-completed", "bull-failed", "bull-events"};
  for (const auto& presets :
       std::vector<std::vector<std::string>>{{"bull"}, {"orphans", "bull"}, {"bull", "orphans"}}) {
    const PlanKit kit;
    const auto server = loaded_server("bullmq6_debris");
    age_keys(*server);
    kit.policy(
        "[bull]\norphan_age = \"1m\"\ncompleted = { count = 0 }\nfailed = { count = 0 }\n[limits]\nshare = "
        "\"100%\"\n");
    for (const auto& preset : presets) {
      const auto plan = kit.run_command(
          {"plan", server->url(), "--preset", preset, "--output", preset, "--format", "json"});
      ASSERT_EQ(plan.status, fine) << plan.err;
      std::map<std::string, std::ptrdiff_t> last;  // of each queue: where its last rule stands in `order`
      const auto read = Json::parse(plan.out);
      // What comes second may find that the first has done its work: `bull` takes orphans too.
      if (preset == presets.front()) {
        EXPECT_THAT(read.at("rules"), Not(IsEmpty())) << preset;
      }
      for (const auto& rule : read.at("rules")) {
        const auto place = std::find(order.begin(), order.end(), rule.at("rule")) - order.begin();
        if (place == 3) continue;
        EXPECT_GE(place, last[rule.at("owner")]) << rule;
        last[rule.at("owner")] = place;
      }
      EXPECT_EQ(kit.run_command({"apply", preset, server->url()}).status, fine);
      age_keys(*server);
    }
    redis_cli(*server, {"DEL", "headroom:fence"});
    digests.insert(redis_cli(*server, {"DEBUG", "DIGEST"}));
  }
  EXPECT_THAT(digests, SizeIs(1));
}

// A46 A201: as cron runs it: no terminal, almost no environment; and the second time there is nothing to do
TEST_F(Runbook, runs_from_cron_and_again) {
  fill(server(), "cart", 100);
  const auto by_cron = [&] {
    return run({"env", "-i", "-C", kit.path(""), "HOME=" + kit.path(""), "PATH=/usr/bin:/bin",
                "SHELL=/bin/sh", "LC_ALL=en_US.UTF-8", HEADROOM_PROGRAM, "clean", kit.server.url(), "--yes"});
  };
  const auto first = by_cron();
  EXPECT_EQ(first.status, fine) << first.err;
  EXPECT_THAT(first.err, IsEmpty()) << "cron would send a mail";
  EXPECT_EQ(kit.keys(), 0);
  const auto second = by_cron();
  EXPECT_EQ(second.status, fine) << second.err;
  EXPECT_THAT(second.out, HasSubstr("Nothing to do."));
}

// A198 A199 A200 A201 A214 A215 A216: results past two hours go, young ones get the rest of an hour, what has
// a TTL is left to the server; memory and counts are shown; nothing else is touched, and once is enough
TEST_F(Runbook, results_go_by_their_age_and_nothing_else_does) {
  const auto now = redis({"TIME"});
  const auto date =
      run({"date", "-u", "-d", "@" + now.substr(0, now.find('\n')), "+\"%Y-%m-%dT%H:%M:%S\""}).out;
  const auto young = result("SUCCESS", date.substr(0, date.size() - 1));
  redis({"EVAL", "for i = 1, 100 do redis.call('SET', 'celery-task-meta-old' .. i, ARGV[1]) end", "0",
         result("SUCCESS", old_date)});
  redis({"SET", "celery-task-meta-young", young});
  redis({"SET", "celery-task-meta-running", result("STARTED", "null")});
  redis({"SET", "celery-task-meta-expiring", result("SUCCESS", old_date), "EX", "5000"});
  redis({"RPUSH", "celery", "a message"});
  redis({"SADD", "_kombu.binding.celery", "celery"});
  redis({"SET", "user:42", "somebody else's"});
  const auto report = clean({"--preset", "celery"});
  EXPECT_EQ(report.at("removed"), 101);
  EXPECT_EQ(report.at("keys"), 101) << "exactly those that went or got a TTL";
  EXPECT_GT(report.at("bytes_freed"), 100 * 100);
  EXPECT_EQ(report.at("before").at("keys"), 106);
  EXPECT_EQ(report.at("after").at("keys"), 6);
  EXPECT_GT(report.at("before").at("used_memory"), 0);
  EXPECT_GT(report.at("after").at("used_memory"), 0);
  EXPECT_EQ(redis({"GET", "celery-task-meta-young"}), young);
  EXPECT_GT(number({"TTL", "celery-task-meta-young"}), 3500);
  EXPECT_LE(number({"TTL", "celery-task-meta-young"}), 3602);
  EXPECT_EQ(redis({"TTL", "celery-task-meta-running"}), "-1");
  EXPECT_GT(number({"TTL", "celery-task-meta-expiring"}), 4900);
  for (const std::string key : {"celery", "_kombu.binding.celery", "user:42"})
    EXPECT_EQ(redis({"TTL", key}), "-1") << key;
  const auto again = kit.run_command({"clean", kit.server.url(), "--preset", "celery", "--yes"});
  EXPECT_EQ(again.status, fine) << again.err;
  EXPECT_THAT(again.out, HasSubstr("Nothing to do."));
}

// A96 A101 A103: the report of a run has each queue with what was done there
TEST_F(Runbook, reports_every_queue_by_itself) {
  finish_jobs(30, "mail");
  finish_jobs(50, "video");
  kit.policy(
      "[bull]\ncompleted = { count = 0 }\n[[bull.queue]]\nmatch = \"bull:video\"\ncompleted = { count = 40 "
      "}\n[limits]\nshare = \"100%\"\n");
  std::map<std::string, int> keys;
  const auto report = clean({"--preset", "bull"});
  for (const auto& rule : report.at("rules"))
    if (rule.at("rule") == "bull-completed") keys[rule.at("owner")] = rule.at("keys");
  EXPECT_EQ(keys, (std::map<std::string, int>{{"bull:mail", 30}, {"bull:video", 10}}));
}

// HA-3: a node of a cluster is refused in words before anything is changed
TEST(RunbookOfAClusterNode, is_refused) {
  PlanKit kit;
  const RedisServer node({"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())});
  redis_cli(node, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  while (redis_cli(node, {"CLUSTER", "INFO"}).find("cluster_state:ok") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  for (int i = 0; i < 20; ++i) redis_cli(node, {"SET", "cart:" + std::to_string(i), "x"});
  const auto cleaned = kit.run_command({"clean", node.url(), "--yes", "--format", "json"});
  EXPECT_EQ(cleaned.status, refused) << cleaned.out;
  EXPECT_THAT(cleaned.err, HasSubstr("a node of a cluster"));
  EXPECT_EQ(redis_cli(node, {"DBSIZE"}), "20");
}

}  // namespace
}  // namespace headroom::test
