#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apply_kit.h"
#include "base/hash.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::redis_cli;
using test::RedisServer;
using test::remove_string;

TEST(Execute, removes_strings_and_journals_what_restore_takes) {
  RedisServer server;
  headroom::test::fill(server, "k", 250);
  redis_cli(server, {"SET", "k:1", "with a deadline", "PX", "100000000"});
  Applying applying(server);
  std::vector<Step> steps;
  for (int i = 1; i <= 250; ++i) steps.push_back(remove_string("k:" + std::to_string(i)));
  steps.push_back(remove_string("never"));
  const auto deadline = std::stoll(redis_cli(server, {"PEXPIRETIME", "k:1"}));
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 250U);
  EXPECT_EQ(report.gone, 1U);
  EXPECT_EQ(report.rules[0].keys, 250U);
  EXPECT_EQ(redis_cli(server, {"DBSIZE"}), "0");
  ASSERT_EQ(applying.entries.steps.size(), 250U);
  EXPECT_EQ(applying.entries.outcomes.size(), 251U);
  const auto& before = applying.entries.steps[0].before.at(0).removed;
  ASSERT_TRUE(before);
  EXPECT_EQ(before->expires_at, deadline);
  EXPECT_EQ(before->body, std::string("\0\x0fwith a deadline", 17));
}

}  // namespace
}  // namespace headroom::act
