#include "plan/each_key_once.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/recorded_steps.h"

namespace headroom::plan {
namespace {

Step step_on(std::vector<std::string> keys, ChangeKind kind, std::uint32_t db = 0) {
  Step step;
  step.db = db;
  for (std::uint16_t i = 0; i < keys.size(); ++i) step.changes.push_back({.kind = kind, .key = i});
  step.keys = std::move(keys);
  return step;
}

// PLAN-4: the phrase names as many keys as the plan has
TEST(EachKeyOnce, goes_to_the_first_planner_that_wants_it) {
  test::RecordedSteps steps;
  EachKeyOnce once(steps);
  once.rule({.name = "first"});
  const auto take = [&](const Step& step) { EXPECT_TRUE(once.step(step)); };
  take(step_on({"job", "job:logs"}, ChangeKind::remove));
  take(step_on({"lost"}, ChangeKind::persist));
  once.next_planner();
  take(step_on({"job"}, ChangeKind::quarantine));
  take(step_on({"job:logs"}, ChangeKind::remove));
  take(step_on({"job"}, ChangeKind::remove, 1));  // another database
  take(step_on({"lost"}, ChangeKind::remove));    // is kept for good by this plan
  EXPECT_EQ(steps.keys("first"), (std::vector<std::string>{"job", "job", "lost"}));
}

}  // namespace
}  // namespace headroom::plan
