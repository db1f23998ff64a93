#include "plan/bull/finished.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/bull/retention.h"
#include "plan/recorded_steps.h"

namespace headroom::plan::bull {
namespace {
using test::RecordedSteps;

using std::chrono::hours;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A70 A71: age, count and bytes each condemn the oldest; what any of them condemns goes.
TEST(Retention, takes_the_oldest_that_age_or_count_or_bytes_condemn) {
  const FinishedCount set{.size = 100, .older = 30, .fit = 40};
  EXPECT_EQ(oldest_to_go({}, set), 0U);
  EXPECT_EQ(oldest_to_go({.age = hours(24)}, set), 30U);
  EXPECT_EQ(oldest_to_go({.count = 90}, set), 10U);
  EXPECT_EQ(oldest_to_go({.age = hours(24), .count = 90}, set), 30U);
  EXPECT_EQ(oldest_to_go({.age = hours(24), .count = 20}, set), 80U);
  EXPECT_EQ(oldest_to_go({.bytes = Bytes{1}}, set), 60U);
  EXPECT_EQ(oldest_to_go({.count = 100}, set), 0U);
  EXPECT_EQ(oldest_to_go({.count = 1000}, set), 0U);
  EXPECT_EQ(oldest_to_go({.count = 0}, set), 100U);
}

class Finished : public testing::Test {
 protected:
  static constexpr double ended = 1'700'000'000'000;
  std::vector<Step> take(const BullFinishedJob& job, std::string_view state = "completed",
                         bool bullmq = true) {
    steps = {};
    pending.seal();
    FinishedRule rule({"bull:mail", 3, bullmq ? "bullmq" : "bull"}, state, policy, pending,
                      std::chrono::milliseconds(1'800'000'000'000), steps);
    EXPECT_TRUE(rule.take(job));
    rule.finish();
    return steps.steps;
  }
  static BullFinishedJob job() {
    return {.id = "7", .score = ended, .there = true, .timestamp = "1699999999000", .bytes = Bytes{500}};
  }
  static bool has(const Step& step, CheckKind kind, std::string_view key) {
    for (const auto& check : step.checks)
      if (check.kind == kind && step.keys[check.key] == key) return true;
    return false;
  }
  BullPolicy policy{};
  HashSet pending{};
  RecordedSteps steps{};
};

TEST_F(Finished, becomes_a_step_that_proves_it_is_the_same_job_in_the_same_place) {
  const auto made = take(job());
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].keys, (std::vector<std::string>{"bull:mail:7", "bull:mail:completed"}));
  EXPECT_EQ(made[0].db, 3U);
  EXPECT_EQ(made[0].bytes, 596U);
  ASSERT_THAT(made[0].checks, SizeIs(2));
  EXPECT_EQ(made[0].checks[0].kind, CheckKind::score_is);
  EXPECT_EQ(made[0].checks[0].real, ended);
  EXPECT_EQ(made[0].checks[1].kind, CheckKind::field_is);
  EXPECT_EQ(made[0].checks[1].text, "1699999999000");
}

// A flow may adopt a failed job at any time, so what it belongs to is proved again.
TEST_F(Finished, that_failed_is_proved_to_be_no_child_that_is_waited_for) {
  EXPECT_TRUE(has(take(job(), "failed")[0], CheckKind::field_missing, "bull:mail:7"));
  auto child = job();
  child.parent = "bull:orders:1";
  const auto made = take(child, "failed");
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_TRUE(has(made[0], CheckKind::no_member, "bull:orders:1:dependencies"));
  EXPECT_TRUE(has(made[0], CheckKind::field_is, "bull:mail:7"));
  child.awaited = true;
  EXPECT_THAT(take(child, "failed"), IsEmpty());
  EXPECT_THAT(steps.left.at(0).why, HasSubstr("never runs"));
  EXPECT_THAT(take(child, "completed"), SizeIs(1)) << "a completed child has been entered as processed";
  policy.release_parents = true;
  EXPECT_THAT(take(child, "failed"), IsEmpty()) << "the last child: the parent would have to be put to work";
  child.sibling = "bull:mail:8";
  EXPECT_TRUE(has(take(child, "failed").at(0), CheckKind::member, "bull:orders:1:dependencies"));
}

// A88: an id in two states is left alone, by the ids that wait and by the age of the hash.
TEST_F(Finished, in_two_states_is_left_alone) {
  auto again = job();
  again.timestamp = "1799999999999";  // added while we looked, after it had ended
  EXPECT_THAT(take(again), IsEmpty());
  again.timestamp = "1700000060000";  // by a producer whose clock is a minute fast, long ago
  EXPECT_THAT(take(again), SizeIs(1));
  pending.add("7");
  EXPECT_THAT(take(job()), IsEmpty());
  EXPECT_THAT(steps.left.at(0).why, HasSubstr("in two states"));
  EXPECT_EQ(steps.left.at(0).examples, (std::vector<std::string>{"bull:mail:7"}));
}

TEST_F(Finished, goes_by_timestamps_alone_where_too_many_jobs_wait_to_remember_them) {
  pending = HashSet(1);
  pending.add("1"), pending.add("2");
  auto again = job();
  again.timestamp = "1700000060000";
  EXPECT_THAT(take(again), IsEmpty());
  EXPECT_THAT(take(job()), SizeIs(1));
}

TEST_F(Finished, under_the_name_of_a_part_of_the_queue_is_left_alone) {
  for (const std::string id : {"meta", "id", "metrics:completed", "wait"}) {
    auto odd = job();
    odd.id = id;
    EXPECT_THAT(take(odd), IsEmpty()) << id;
  }
}

TEST_F(Finished, takes_its_parts_and_its_deduplication_key_along) {
  auto whole = job();
  whole.parts = 0b11111;
  whole.deduplication = "bull:mail:de:customer-1";
  const auto made = take(whole);
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].keys, (std::vector<std::string>{"bull:mail:7", "bull:mail:completed", "bull:mail:7:logs",
                                                    "bull:mail:7:dependencies", "bull:mail:7:processed",
                                                    "bull:mail:7:failed", "bull:mail:7:unsuccessful",
                                                    "bull:mail:de:customer-1"}));
  EXPECT_EQ(made[0].changes.back().kind, ChangeKind::remove_if_value_is);
  EXPECT_EQ(made[0].changes.back().text, "7");
  EXPECT_TRUE(has(made[0], CheckKind::type_is, "bull:mail:7:logs")) << "a job may have this id";
  EXPECT_TRUE(has(made[0], CheckKind::field_missing, "bull:mail:7:failed"));
}

// Bull's own clean() passes over locked jobs.
TEST_F(Finished, of_bull_must_not_be_locked) {
  EXPECT_TRUE(has(take(job(), "completed", false)[0], CheckKind::absent, "bull:mail:7:lock"));
}

}  // namespace
}  // namespace headroom::plan::bull
