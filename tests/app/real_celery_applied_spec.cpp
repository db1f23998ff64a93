#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "act/apply_kit.h"
#include "base/text.h"
#include "kit/producers.h"
#include "planner_kit.h"

// What the planners propose for a shop of real Celery, made by the executor.
namespace headroom::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class RealCeleryApplied : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = new RedisServer;
    produced = Json::parse(produce({"celery_producer.py"}, server->url()));
  }
  static void TearDownTestSuite() { delete server; }

  static RunReport applied(std::string_view name, const plan::Policy& policy,
                           std::chrono::milliseconds later = {}) {
    act::test::Applying applying(*server);
    const auto planned_steps = planned(*server, name, policy, later);
    applying.plan.rules = planned_steps.rules;
    return applying.run(planned_steps.steps);
  }
  static int keys(const std::string& pattern, const std::string& condition) {
    return std::stoi(redis_cli(
        *server,
        {"EVAL",
         "local n = 0 for _, k in ipairs(redis.call('KEYS', ARGV[1])) do local ttl = redis.call('PTTL', k) "
         "local v = redis.call('TYPE', k).ok == 'string' and redis.call('GET', k) or '' if " +
             condition + " then n = n + 1 end end return n",
         "0", pattern}));
  }

  static inline RedisServer* server = nullptr;
  static inline Json produced{};
};

const std::string ended = "v:find('\"status\": \"[SFR][UAE][CIV]')";  // SUCCESS, FAILURE, REVOKED

// A197 A214: each result that has ended has a TTL of an hour, and no queue has one
TEST_F(RealCeleryApplied, results_have_a_ttl) {
  const auto without = keys("celery-task-meta-*", "ttl == -1 and " + ended);
  ASSERT_GT(without, 0);
  const auto report = applied("celery_results", {});
  EXPECT_EQ(report.removed, static_cast<std::uint64_t>(without));
  EXPECT_EQ(keys("celery-task-meta-*", "ttl == -1 and " + ended), 0);
  EXPECT_EQ(keys("celery-task-meta-*", "ttl > 3500000 and ttl <= 3602000 and " + ended), without);
  for (const std::string kind : {"_kombu*", "app1:*", "unacked*", "mail", "maintenance", "invoices*"})
    EXPECT_EQ(keys(kind, "ttl ~= -1"), 0) << kind;
}

// A199 A200: what is gone is counted exactly
TEST_F(RealCeleryApplied, old_results_go) {
  redis_cli(
      *server,
      {"EVAL", "for _, k in ipairs(redis.call('KEYS', 'celery-task-meta-*')) do redis.call('PERSIST', k) end",
       "0"});
  const auto old = keys("celery-task-meta-*", ended), all = keys("celery-task-meta-*", "true");
  const auto report = applied("celery_results", {}, 3h);
  EXPECT_EQ(report.removed, static_cast<std::uint64_t>(old));
  EXPECT_EQ(report.rules.at(0).keys, static_cast<std::uint64_t>(old));
  EXPECT_GT(report.bytes_freed.count, 0U);
  EXPECT_EQ(keys("celery-task-meta-*", "true"), all - old) << "those that run are there";
}

TEST_F(RealCeleryApplied, chords_in_error_go) {
  std::string failed;
  for (const auto& chord : produced["chords"])
    if (chord["state"] == "failed") failed = "celery-taskset-meta-" + chord["group"].get<std::string>();
  make_idle(*server, failed + ".j", 61s);
  EXPECT_EQ(applied("celery_chords", {}).removed, 1U);
  EXPECT_EQ(keys(failed + "*", "true"), 0);
}

TEST_F(RealCeleryApplied, broker_debris_goes_and_the_queues_stay) {
  plan::Policy policy;
  policy.celery.reply_idle = 0s, policy.celery.result_age = 0s;
  const auto report = applied("kombu_replies", policy);
  EXPECT_EQ(report.removed, report.planned);
  EXPECT_EQ(keys("*.reply.celery.pidbox", "redis.call('TYPE', k).ok == 'list'"), 0);
  EXPECT_EQ(keys("celeryev.*", "true"), 0);
  EXPECT_EQ(keys("*_kombu.binding.celeryev", "true"), 0);
  for (const auto& queue : produced["queues"])
    for (const auto& [list, length] : queue["lists"].items())
      EXPECT_EQ(redis_cli(*server, {"LLEN", list}), std::to_string(length.get<int>())) << list;
  EXPECT_GT(keys("_kombu.binding.*", "true"), 0);
}

TEST_F(RealCeleryApplied, messages_of_dead_workers_are_in_their_queues_again) {
  plan::Policy policy;
  policy.celery.requeue = true;
  const auto mine = std::stoi(redis_cli(*server, {"HLEN", "unacked"})),
             prefixed = std::stoi(redis_cli(*server, {"HLEN", "app1:unacked"}));
  const auto report = applied("kombu_requeue", policy, 10min);
  EXPECT_EQ(report.removed, static_cast<std::uint64_t>(mine + prefixed));
  EXPECT_EQ(keys("*unacked*", "true"), 0);
  EXPECT_EQ(redis_cli(*server, {"LLEN", "app1:celery"}), std::to_string(prefixed));
  const auto next = Json::parse(redis_cli(*server, {"LINDEX", "app1:celery", "-1"}));
  EXPECT_EQ(next["headers"]["redelivered"], true);
  EXPECT_EQ(next["properties"]["delivery_info"]["redelivered"], true);
}

}  // namespace
}  // namespace headroom::test
