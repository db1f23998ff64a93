#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "planner_kit.h"

namespace headroom::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

plan::Policy with(plan::KeyRule rule) {
  plan::Policy policy;
  rule.name = "mine";
  policy.rules.push_back(std::move(rule));
  return policy;
}

// PLAN-3 F08: exact keys, whatever their bytes
TEST(KeysPlanner, finds_the_exact_keys_that_fit) {
  const RedisServer server;
  const std::vector<std::string> names{"cache:a", "cache:b c", "cache:d\nline", "cache:\xff\"'"};
  for (const auto& name : names) redis_cli(server, {"SET", name, "v"});
  redis_cli(server, {"SET", "cart:a", "v"});
  plan::KeyRule rule;
  rule.pattern = "cache:*";
  auto expected = names;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(planned(server, "keys", with(rule)).keys("mine"), expected);
}

TEST(KeysPlanner, takes_keys_by_idle_time_and_does_not_spoil_it) {
  const RedisServer server;
  for (const std::string name : {"a", "b"}) redis_cli(server, {"SET", name, "v"});
  make_idle(server, "b", 100h);
  plan::KeyRule rule;
  rule.pattern = "*", rule.idle = 72h;
  const auto policy = with(rule);
  for (int again = 0; again < 2; ++again) {
    const auto steps = planned(server, "keys", policy);
    EXPECT_THAT(steps.keys("mine"), ElementsAre("b"));
    EXPECT_GE(steps.on("b").checks.at(0).number, 100 * 3600);
  }
}

TEST(KeysPlanner, keeps_a_budget_of_bytes_by_use) {
  const RedisServer server;
  for (int i = 1; i <= 20; ++i) {
    const auto name = "cache:" + std::to_string(i);
    redis_cli(server, {"SET", name, std::string(10'000, 'x')});
    make_idle(server, name, std::chrono::seconds(i * 100));
  }
  plan::KeyRule rule;
  rule.pattern = "cache:*", rule.keep_bytes = Bytes{5 * 10'400};
  const auto steps = planned(server, "keys", with(rule));
  EXPECT_EQ(steps.steps.size(), 15U);
  for (const auto& step : steps.steps) EXPECT_GT(std::stoi(step.keys[0].substr(6)), 5);
}

// PLAN-5 F44 A197: live queues are excluded by construction; a pattern that fits all takes none of them
TEST(KeysPlanner, takes_no_key_of_a_live_broker) {
  const RedisServer server;
  const std::string separator = "\x06\x16";
  redis_cli(server, {"SADD", "_kombu.binding.mail", "mail" + separator + separator + "mail"});
  redis_cli(server, {"LPUSH", "mail", "{}"});
  redis_cli(server, {"HSET", "unacked", "tag", "[]"});
  redis_cli(server, {"ZADD", "unacked_index", "1", "tag"});
  for (const std::string part : {"wait", "active"}) redis_cli(server, {"LPUSH", "bull:q:" + part, "1"});
  redis_cli(server, {"HSET", "bull:q:meta", "opts.maxLenEvents", "10000"});
  redis_cli(server, {"SET", "bull:q:id", "1"});
  redis_cli(server, {"HSET", "bull:q:1", "name", "n", "data", "{}", "timestamp", "1", "opts", "{}"});
  redis_cli(server, {"SET", "mine:1", "v"});
  plan::KeyRule rule;
  rule.pattern = "*";
  const auto steps = planned(server, "keys", with(rule));
  EXPECT_THAT(steps.keys("mine"), ElementsAre("mine:1"));
  EXPECT_GE(steps.left_for(""), 8U) << "what is left alone is told";
}

// F12 SCAN-5: patterns are matched here
TEST(KeysPlanner, sends_the_server_no_pattern) {
  const RedisServer server;
  redis_cli(server, {"SET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "v"});
  plan::KeyRule rule;
  rule.pattern = "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
  EXPECT_THAT(planned(server, "keys", with(rule)).steps, IsEmpty());
  EXPECT_THAT(redis_cli(server, {"INFO", "commandstats"}), testing::Not(testing::HasSubstr("cmdstat_keys:")));
}

// PLAN-1: making a plan writes nothing
TEST(KeysPlanner, writes_nothing) {
  const RedisServer server;
  fill(server, "cache", 100);
  redis_cli(server, {"CONFIG", "RESETSTAT"});
  plan::KeyRule rule;
  rule.pattern = "*";
  EXPECT_EQ(planned(server, "keys", with(rule)).steps.size(), 100U);
  const auto stats = redis_cli(server, {"INFO", "commandstats"});
  for (const auto* word : {"del", "unlink", "set", "expire", "pexpireat", "rename", "eval"})
    EXPECT_THAT(stats, testing::Not(testing::HasSubstr("cmdstat_" + std::string(word) + ":"))) << word;
}

}  // namespace
}  // namespace headroom::test
