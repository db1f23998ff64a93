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

TEST(BullIds, that_the_library_gives_are_told_from_others) {
  const std::string uuid = "0b8f2a6e-5d1c-4c57-9d0e-8f3a2b1c4d5e";
  for (const auto& id :
       {std::string("1"), std::string("40"), uuid, uuid + ":group", std::string("repeat:a:b:17")})
    EXPECT_TRUE(is_given_id(id, 40)) << id;
  for (const auto& id :
       {std::string(), std::string("0"), std::string("41"), std::string("07"), std::string("x"),
        std::string("99999999999999999999"), uuid + "0", "x" + uuid, std::string("repeat:17"),
        std::string("repeat:a:"), std::string("0B8F2A6E-5D1C-4C57-9D0E-8F3A2B1C4D5E")})
    EXPECT_FALSE(is_given_id(id, 40)) << id;
}

}  // namespace
}  // namespace headroom::plan::bull
