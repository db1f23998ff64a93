#include "plan/bull/leftovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/recorded_steps.h"

namespace headroom::plan::bull {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Up to 5.0 BullMQ wakes up its workers by ids like "0:1700000000000" in `wait`, which are of no job.
TEST(BullDanglerRule, takes_a_marker_in_a_list_for_no_dangling_id) {
  test::RecordedSteps steps;
  QueueRules rules({"bull:mail", 0, "bullmq"}, steps);
  BullPolicy policy;
  for (const bool repair : {false, true}) {
    policy.waiting_danglers = repair;
    ASSERT_TRUE(take_dangler(rules, {"wait", "0:1700000000000", {}}, policy));
  }
  rules.finish();
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_THAT(steps.left, IsEmpty());
}

TEST(BullDanglerRule, repairs_a_list_where_the_policy_says_so) {
  test::RecordedSteps steps;
  QueueRules rules({"bull:mail", 0, "bullmq"}, steps);
  BullPolicy policy;
  policy.waiting_danglers = true;
  ASSERT_TRUE(take_dangler(rules, {"wait", "7", {}}, policy));
  EXPECT_THAT(steps.steps, SizeIs(1));
}

}  // namespace
}  // namespace headroom::plan::bull
