#include "plan/celery/chords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorded_steps.h"

namespace headroom::plan::celery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view stem = "celery-taskset-meta-da3aba6a-5a84-4faa-8393-449738c022c3";
const std::string parts = std::string(stem) + ".j", size_key = std::string(stem) + ".s",
                  more_key = std::string(stem) + ".t";

Chord chord(std::uint64_t returned, bool failed) {
  Chord out;
  out.parts_key = parts, out.size_key = size_key, out.more_key = more_key, out.type = "zset";
  out.idle = 61s, out.bytes = Bytes{500}, out.looked_at = true;
  out.returned = returned, out.size = "3", out.failed = failed;
  return out;
}

struct Decided {
  explicit Decided(const Chord& chord) {
    ChordRules rules(steps);
    EXPECT_TRUE(rules.decide(chord));
    rules.finish();
  }
  test::RecordedSteps steps;
};

TEST(CeleryChords, that_ended_in_error_go_with_their_numbers) {
  const Decided decided(chord(3, true));
  const Step& step = decided.steps.steps.at(0);
  EXPECT_THAT(step.keys, ElementsAre(parts, size_key, more_key));
  ASSERT_EQ(step.checks.size(), 3U);
  EXPECT_EQ(step.checks[0].kind, CheckKind::length_at_most);
  EXPECT_EQ(step.checks[0].number, 3);
  EXPECT_EQ(step.checks[0].text, "zset");
  EXPECT_EQ(step.checks[1].kind, CheckKind::value_is);
  EXPECT_EQ(step.checks[1].text, "3");
  EXPECT_EQ(step.checks[2].kind, CheckKind::absent);
  EXPECT_EQ(step.changes.size(), 2U);
  EXPECT_EQ(step.bytes, 500U);
}

TEST(CeleryChords, count_the_parts_that_were_added_on_the_way) {
  auto grown = chord(4, true);
  grown.more = "1";
  const Decided decided(grown);
  EXPECT_EQ(decided.steps.steps.at(0).checks.at(2).text, "1");
  EXPECT_EQ(decided.steps.steps.at(0).changes.size(), 3U);
  grown.more = "2";
  EXPECT_THAT(Decided(grown).steps.steps, IsEmpty());
}

TEST(CeleryChords, that_run_wait_or_went_well_are_left_alone) {
  const auto left = [](const Chord& chord, std::string_view why) {
    const Decided decided(chord);
    return decided.steps.steps.empty() && decided.steps.told(why);
  };
  EXPECT_TRUE(left(chord(2, true), "still runs"));
  auto stuck = chord(2, true);
  stuck.idle = 2h;
  EXPECT_TRUE(left(stuck, "or are lost"));
  EXPECT_TRUE(left(chord(3, false), "its body has not started"));
  auto numberless = chord(3, true);
  numberless.size.reset();
  EXPECT_TRUE(left(numberless, "is gone"));
  auto fresh = chord(3, true);
  fresh.idle = 59s, fresh.looked_at = false;
  EXPECT_TRUE(left(fresh, "last minute"));
  fresh.idle.reset();
  EXPECT_TRUE(left(fresh, "LFU"));
}

// Parts as Celery 5.2.6 writes them.
TEST(CeleryChords, know_a_part_that_failed) {
  EXPECT_TRUE(
      part_failed(R"([1, "8d1c", "FAILURE", {"exc_type": "E", "exc_message": ["x"], "exc_module": "m"}])"));
  EXPECT_TRUE(part_failed(R"([1, "8d1c", "REVOKED", null])"));
  EXPECT_FALSE(part_failed(R"([1, "8d1c", "SUCCESS", "FAILURE"])"));
  EXPECT_FALSE(part_failed(R"([1, "FAILURE", "SUCCESS", ["x", "FAILURE"]])"));
  EXPECT_FALSE(part_failed(""));
  EXPECT_FALSE(part_failed("[1,"));
}

TEST(CeleryChords, are_known_by_the_name_of_their_parts) {
  EXPECT_EQ(chord_prefix(parts), 0U);
  EXPECT_EQ(chord_prefix("app1_" + parts), 5U);
  EXPECT_EQ(chord_prefix(size_key), std::string_view::npos);
  EXPECT_EQ(chord_prefix("celery-taskset-meta-.j"), std::string_view::npos);
}

}  // namespace
}  // namespace headroom::plan::celery
