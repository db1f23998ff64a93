#include "plan/bull/orphans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "plan/recorded_steps.h"

namespace headroom::plan::bull {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::milliseconds now = 1'795'788'000'000ms;

BullCandidate orphan() {
  BullCandidate one;
  one.id = "7", one.there = true, one.fingerprint = 42, one.newest = now - 48h;
  one.has_name = one.has_data = one.has_opts = one.has_timestamp = true;
  return one;
}

/// What the rule makes of one candidate.
test::RecordedSteps taken(const BullCandidate& one, const BullNews& news, std::uint64_t waiting) {
  test::RecordedSteps steps;
  QueueRules rules({"bull:mail", 0, "bullmq"}, steps);
  const BullPolicy policy;
  BullLook look;
  look.waiting = waiting;
  ExpirySpread spread{100, now, std::array<Estimate, ttl_bucket_count>{}};
  Remover remover(Removal::journal, now, spread);
  EXPECT_TRUE(OrphanRule(rules, policy, look, now, remover).take(std::array{one}, news));
  rules.finish();
  return steps;
}

bool searches(const Step& step, std::string_view list) {
  return std::any_of(step.checks.begin(), step.checks.end(), [&](const Check& check) {
    return check.kind == CheckKind::not_listed && step.keys[check.key] == list && check.text == "7";
  });
}

// 5.1: an orphan cannot come back without another timestamp, so a list that is long need not be searched
TEST(BullOrphanRule, needs_no_long_list_where_the_history_is_known) {
  for (const BullNews& news : {BullNews{.covered = true}, BullNews{.covered = true, .copy = true}}) {
    const auto steps = taken(orphan(), news, 1'000'000);
    ASSERT_THAT(steps.steps, SizeIs(1));
    EXPECT_FALSE(searches(steps.steps[0], "bull:mail:wait"));
    EXPECT_TRUE(searches(steps.steps[0], "bull:mail:active"));
  }
}

// PLAN-2: of another server nothing is known but what its lists say
TEST(BullOrphanRule, searches_every_list_of_a_server_that_the_copy_is_not_known_to_be_of) {
  const BullNews news{.covered = true, .copy = true, .elsewhere = true};
  const auto steps = taken(orphan(), news, OrphanRule::longest_list);
  ASSERT_THAT(steps.steps, SizeIs(1));
  EXPECT_TRUE(searches(steps.steps[0], "bull:mail:wait"));
  const auto left = taken(orphan(), news, OrphanRule::longest_list + 1);
  EXPECT_THAT(left.steps, IsEmpty());
  EXPECT_TRUE(left.told("too long to be searched"));
}

// A flow may adopt an orphan while nobody looks: then its parent waits for it
TEST(BullOrphanRule, of_a_copy_checks_the_parent) {
  const auto check_of = [](const test::RecordedSteps& steps, CheckKind kind, std::string_view key) {
    for (const auto& step : steps.steps)
      for (const auto& check : step.checks)
        if (check.kind == kind && step.keys[check.key] == key) return true;
    return false;
  };
  const BullNews news{.covered = true, .copy = true};
  EXPECT_TRUE(check_of(taken(orphan(), news, 0), CheckKind::field_missing, "bull:mail:7"));
  auto child = orphan();
  child.parent = "bull:shop:1";
  EXPECT_TRUE(check_of(taken(child, news, 0), CheckKind::field_is, "bull:mail:7"));
  EXPECT_TRUE(check_of(taken(child, news, 0), CheckKind::no_member, "bull:shop:1:dependencies"));
}

// A copy knows no idle times: what has no time of its own either has no age
TEST(BullOrphanRule, leaves_what_has_no_age_at_all) {
  auto one = orphan();
  one.newest.reset();
  const auto steps = taken(one, {.covered = true, .copy = true}, 0);
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_TRUE(steps.told("no idle time tells how old it is"));
}

}  // namespace
}  // namespace headroom::plan::bull
