#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/hash.h"
#include "base/text.h"
#include "planner_kit.h"
#include "wire/connection.h"

namespace headroom::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string old_date = R"("2020-01-01T00:00:00")";

std::string result(std::string_view status, std::string_view date) {
  return R"({"status": ")" + std::string(status) + R"(", "result": 1, "date_done": )" + std::string(date) +
         "}";
}
std::string date_now(const RedisServer& server) {
  const auto time = redis_cli(server, {"TIME"});
  return "\"" + iso_instant(std::chrono::seconds(std::stoll(time))).substr(0, 19) + "\"";
}

// A22 A199 A215: old ones are removed, running ones are not; A198: what has a TTL is left to the server
TEST(CeleryResultsPlanner, removes_old_results_gives_young_ones_a_ttl_and_leaves_running_ones) {
  const RedisServer server;
  redis_cli(server, {"SET", "celery-task-meta-old", result("SUCCESS", old_date)});
  redis_cli(server, {"SET", "celery-task-meta-young", result("FAILURE", date_now(server))});
  redis_cli(server, {"SET", "celery-task-meta-running", result("STARTED", "null")});
  redis_cli(server, {"SET", "celery-task-meta-expiring", result("SUCCESS", old_date), "EX", "100"});
  redis_cli(server, {"SET", "app1_celery-task-meta-two words\n", result("REVOKED", old_date)}, 3);
  redis_cli(server, {"SADD", "celery-task-meta-set", "x"});
  const auto steps = planned(server, "celery_results", {});
  EXPECT_THAT(steps.keys("celery-results"),
              ElementsAre("app1_celery-task-meta-two words\n", "celery-task-meta-old"));
  EXPECT_THAT(steps.keys("celery-result-ttl"), ElementsAre("celery-task-meta-young"));
  EXPECT_EQ(steps.left_for("has not ended"), 1U);
  EXPECT_EQ(steps.on("app1_celery-task-meta-two words\n").db, 3U);
  EXPECT_EQ(steps.on("celery-task-meta-old").checks.at(0).number,
            static_cast<std::int64_t>(hash_bytes(result("SUCCESS", old_date))));
  EXPECT_GT(steps.on("celery-task-meta-old").bytes, 60U);
}

// A30 A48: age is the task's own, not the order of SCAN
TEST(CeleryResultsPlanner, takes_none_that_is_young_however_many_there_are) {
  const RedisServer server;
  const auto young = date_now(server);
  redis_cli(server,
            {"EVAL",
             "for i = 1, 3000 do redis.call('SET', 'celery-task-meta-' .. i, i % 3 == 0 and ARGV[1] or "
             "ARGV[2]) end",
             "0", result("SUCCESS", old_date), result("SUCCESS", young)});
  const auto steps = planned(server, "celery_results", {});
  const auto removed = steps.keys("celery-results");
  EXPECT_EQ(removed.size(), 1000U);
  for (const auto& key : removed) EXPECT_EQ(std::stoi(key.substr(17)) % 3, 0) << key;
  EXPECT_EQ(steps.keys("celery-result-ttl").size(), 2000U);
}

// A22: nobody who waits loses a result
TEST(CeleryResultsPlanner, leaves_a_result_that_a_client_is_subscribed_to) {
  const RedisServer server;
  redis_cli(server, {"SET", "celery-task-meta-a", result("SUCCESS", old_date)});
  const auto client = must(wire::Connection::open(session_at(server).endpoint(), "test"));
  const std::array<std::string_view, 2> subscribe{"SUBSCRIBE", "celery-task-meta-a"};
  client->queue(subscribe);
  ASSERT_TRUE(client->flush());
  while (!redis_cli(server, {"PUBSUB", "NUMSUB", "celery-task-meta-a"}).ends_with("1"))
    std::this_thread::sleep_for(1ms);
  const auto steps = planned(server, "celery_results", {});
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_EQ(steps.left_for("waits for it"), 1U);
}

TEST(CeleryResultsPlanner, reads_the_idle_time_before_the_value) {
  const RedisServer server;
  redis_cli(server, {"SET", "celery-task-meta-a", R"({"status": "SUCCESS", "result": 1})"});
  make_idle(server, "celery-task-meta-a", 3h);
  EXPECT_THAT(planned(server, "celery_results", {}).keys("celery-results"),
              ElementsAre("celery-task-meta-a"));
}

TEST(CeleryResultsPlanner, reads_values_of_all_sizes) {
  const RedisServer server;
  for (const int size : {10, 100'000, 2'000'000, 9'000'000}) {
    redis_cli(server, {"EVAL",
                       "redis.call('SET', KEYS[1], '{\"status\": \"SUCCESS\", \"result\": \"' .. "
                       "string.rep('x', ARGV[1]) .. '\", \"date_done\": ' .. ARGV[2] .. '}')",
                       "1", "celery-task-meta-" + std::to_string(size), std::to_string(size), old_date});
    make_idle(server, "celery-task-meta-" + std::to_string(size), 3h);
  }
  const auto steps = planned(server, "celery_results", {});
  EXPECT_EQ(steps.keys("celery-results").size(), 3U);
  EXPECT_THAT(steps.keys("celery-result-ttl"), ElementsAre("celery-task-meta-9000000"));
}

// The first thousand are measured; of the others the sizes are told by their lengths.
TEST(CeleryResultsPlanner, reads_many_results_right_and_knows_their_sizes) {
  const RedisServer server;
  redis_cli(server, {"EVAL",
                     "for i = 1, 4000 do local k = 'celery-task-meta-' .. i "
                     "if i % 10 == 0 then redis.call('SET', k, ARGV[1], 'EX', 1000) "
                     "elseif i % 10 == 1 then redis.call('RPUSH', k, ARGV[1]) "
                     "elseif i % 10 == 2 then redis.call('SET', k, '') "
                     "elseif i % 40 == 3 then redis.call('SET', k, ARGV[1] .. string.rep(' ', 20000)) "
                     "else redis.call('SET', k, ARGV[1]) end end",
                     "0", result("SUCCESS", old_date)});
  const auto steps = planned(server, "celery_results", {});
  EXPECT_EQ(steps.keys("celery-results").size(), 2800U);
  EXPECT_EQ(steps.left_for("none that headroom can read"), 400U);
  for (std::size_t i = 0; i < steps.steps.size(); i += 50) {
    const auto& step = steps.steps[i];
    const double usage = std::stod(redis_cli(server, {"MEMORY", "USAGE", step.keys.at(0)}));
    EXPECT_NEAR(static_cast<double>(step.bytes), usage, usage / 10) << step.keys.at(0);
  }
}

TEST(CeleryResultsPlanner, gives_undated_ones_among_many_a_ttl_or_goes_by_idle_time) {
  const RedisServer server;
  redis_cli(server, {"EVAL",
                     "for i = 1, 4000 do redis.call('SET', 'celery-task-meta-' .. i, i % 100 == 0 and "
                     "'{\"status\": \"SUCCESS\"}' or ARGV[1]) end",
                     "0", result("SUCCESS", old_date)});
  const auto steps = planned(server, "celery_results", {});
  EXPECT_EQ(steps.keys("celery-results").size(), 3960U);
  EXPECT_EQ(steps.keys("celery-result-ttl").size(), 40U) << "none was idle for long";
}

TEST(CeleryResultsPlanner, takes_saved_groups_by_idle_time_and_none_of_a_chord) {
  const RedisServer server;
  for (const std::string name : {"a", "b", "c"}) {
    redis_cli(server, {"SET", "celery-taskset-meta-" + name, "{}"});
    make_idle(server, "celery-taskset-meta-" + name, name == "c" ? 60s : 3h);
  }
  redis_cli(server, {"SET", "celery-taskset-meta-b.s", "3"});
  const auto steps = planned(server, "celery_results", {});
  EXPECT_THAT(steps.keys("celery-groups"), ElementsAre("celery-taskset-meta-a"));
  EXPECT_THAT(steps.keys("celery-group-ttl"), ElementsAre("celery-taskset-meta-c"));
  EXPECT_GE(std::stoi(redis_cli(server, {"OBJECT", "IDLETIME", "celery-taskset-meta-a"})), 3 * 3600)
      << "not touched: its step is proved by idle time";
}

TEST(CeleryResultsPlanner, keeps_away_from_protected_names_and_from_the_quarantine) {
  const RedisServer server;
  for (const std::string name :
       {"celery-task-meta-keep", "headroom:q:1f:{celery-task-meta-x}celery-task-meta-x"})
    redis_cli(server, {"SET", name, result("SUCCESS", old_date)});
  plan::Policy policy;
  policy.protect = {"*-keep"};
  EXPECT_THAT(planned(server, "celery_results", policy).steps, IsEmpty());
}

}  // namespace
}  // namespace headroom::test
