#include "app/applying.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "act/plan_file.h"
#include "app/planning.h"
#include "base/hash.h"
#include "kit/redis_cli.h"
#include "plan/policy.h"

namespace headroom::app {
namespace {

using testing::HasSubstr;

/// Plans made by hand, sealed with the right secret: what no user can make, but time and an upgrade can.
class Applying : public testing::Test {
 protected:
  Applying() { std::filesystem::create_directories(folder_); }
  ~Applying() override { std::filesystem::remove_all(folder_); }

  Invocation invocation() const {
    Invocation made{"apply", {}, [](const std::string&) { return std::optional<std::string>(); }};
    made.options.state = folder_ + "/state", made.options.quiet = true;
    return made;
  }
  PlanHeader good_header() const {
    const auto session_of = session(invocation(), server_.url());
    const auto now = server_now(*session_of);
    PlanHeader header;
    header.id = new_plan_id(), header.tool = HEADROOM_VERSION;
    header.made = now->time, header.expires = now->time + std::chrono::hours(1);
    header.server = now->server;
    header.policy = plan::policy_text({}), header.policy_hash = hash_bytes(header.policy);
    header.rules.resize(1);
    header.rules[0].name = "carts", header.rules[0].steps = 1;
    return header;
  }
  Result<RunReport> applied(const PlanHeader& header) const {
    const auto file = folder_ + "/" + header.id;
    const auto state = act::StateFolder::open(folder_ + "/state", invocation().environment);
    auto writer = act::PlanWriter::create(file);
    Step step;
    step.keys = {"cart:1"}, step.changes.resize(1);
    EXPECT_TRUE(writer->add(step).has_value());
    EXPECT_TRUE(writer->finish(header, *state->secret()).has_value());
    const auto ground = apply_ground(invocation(), file, server_.url());
    if (!ground) return fail(ground.error());
    return apply_plan(*ground, file);
  }
  void expect_refusal(const PlanHeader& header, const std::string& says) const {
    test::redis_cli(server_, {"SET", "cart:1", "x"});
    const auto report = applied(header);
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().exit, Exit::refused);
    EXPECT_THAT(report.error().what, HasSubstr(says));
    EXPECT_EQ(test::redis_cli(server_, {"EXISTS", "cart:1"}), "1");
  }

  test::RedisServer server_{};
  std::string folder_ = "/tmp/headroom-applying-" + std::to_string(::getpid());
};

TEST_F(Applying, makes_the_steps_of_a_good_plan) {
  test::redis_cli(server_, {"SET", "cart:1", "x"});
  const auto report = applied(good_header());
  ASSERT_TRUE(report.has_value()) << report.error().what;
  EXPECT_EQ(report->removed, 1U);
  EXPECT_EQ(test::redis_cli(server_, {"EXISTS", "cart:1"}), "0");
}

// PLAN-2 F41: older than its life, by the server's clock
TEST_F(Applying, refuses_a_stale_plan) {
  auto header = good_header();
  header.expires = header.made - std::chrono::milliseconds(1);
  expect_refusal(header, "this plan was good until");
}

// PLAN-2 F41: headroom was upgraded meanwhile
TEST_F(Applying, refuses_a_plan_of_another_version) {
  auto header = good_header();
  header.tool = "0.0.9";
  expect_refusal(header, "this plan is of headroom 0.0.9");
}

// PLAN-4 F44: over the limits without the phrase, however it came to be
TEST_F(Applying, refuses_a_plan_over_the_limits) {
  auto header = good_header();
  header.over_limit = true;
  expect_refusal(header, "over the limits");
  header.id = new_plan_id(), header.phrase_given = true;
  EXPECT_TRUE(applied(header).has_value());
}

}  // namespace
}  // namespace headroom::app
