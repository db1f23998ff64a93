#include <fmt/format.h>
#include <gtest/gtest.h>

#include "survey/cell.h"
#include "survey/merge_groups.h"
#include "survey/summary.h"

namespace headroom::survey {
namespace {

using namespace std::chrono_literals;

/// A shard whose keys of one pattern have the sizes [first, last], every second one with a deadline in 5
/// minutes, and one more that was past its own.
PatternGroup shard(std::uint64_t first, std::uint64_t last, std::string pattern = "user:{n}") {
  Cell cell(0, std::move(pattern), fmt::format("user:{}", first));
  KeyRecord record;
  record.type = KeyType::string, record.encoding = Encoding::raw;
  for (auto bytes = first; bytes <= last; ++bytes) {
    record.bytes = Bytes{bytes}, record.ttl = 5min;
    record.expires = bytes % 2 == 0 ? Expires::at : Expires::never;
    record.idle = std::chrono::seconds(bytes);
    cell.count(), cell.take(record);
  }
  record.bytes = Bytes{last}, record.expires = Expires::at, record.ttl = -1s;
  cell.count(), cell.take(record);
  return cell.group();
}

Survey survey_of(std::vector<PatternGroup> groups) { return summarise(std::move(groups), {}); }

TEST(MergedSurveys, hold_each_pattern_once_with_exact_sums) {
  const auto merged = merge(survey_of({shard(101, 200)}), survey_of({shard(1001, 1050)}));
  ASSERT_EQ(merged.patterns.size(), 1U);
  const auto& group = merged.patterns[0];
  EXPECT_EQ(group.keys, 152U);
  EXPECT_EQ(group.measured, 152U);
  EXPECT_TRUE(group.bytes.exact());
  EXPECT_EQ(group.bytes.value, 15'050 + 200 + 51'275 + 1050);
  EXPECT_TRUE(group.without_ttl_keys.exact());
  EXPECT_EQ(group.without_ttl_keys.value, 75);
  EXPECT_EQ(group.without_ttl_bytes.value, 50 * 150 + 25 * 1025);
  EXPECT_EQ(group.measured_ttl[1], 75U);
  EXPECT_EQ(group.example, "user:101");
  EXPECT_EQ(group.min_idle_seconds, 101U);
  EXPECT_EQ(group.measured_types[static_cast<std::size_t>(KeyType::string)], 152U);
  EXPECT_EQ(merged.total.bytes.value, group.bytes.value);
  EXPECT_EQ(merged.expired_keys, 2U);
  EXPECT_EQ(merged.expired_bytes.count, 1250U);
}

// The sizes in order: 101 to 200 once more 200, then 1001 to 1050 once more 1050: the 76th is 176, the 151st
// 1050.
TEST(MergedSurveys, know_median_and_99th_percentile_of_both) {
  const auto merged = merge(survey_of({shard(101, 200)}), survey_of({shard(1001, 1050)}));
  EXPECT_NEAR(static_cast<double>(merged.patterns[0].p50.count), 176, 0.19 * 176);
  EXPECT_NEAR(static_cast<double>(merged.patterns[0].p99.count), 1050, 0.19 * 1050);
  EXPECT_EQ(merged.patterns[0].min.count, 101U);
  EXPECT_EQ(merged.patterns[0].max.count, 1050U);
}

TEST(MergedSurveys, know_the_sizes_of_a_few_keys) {
  const auto merged = merge(survey_of({shard(100, 100)}), survey_of({shard(300, 300)}));
  EXPECT_GE(merged.patterns[0].p50.count, 100U);
  EXPECT_LE(merged.patterns[0].p50.count, 119U);
  EXPECT_EQ(merged.patterns[0].max.count, 300U);
}

TEST(MergedSurveys, keep_apart_what_is_another_database_or_name_or_belongs_to_another) {
  auto other_db = shard(1, 10), other_owner = shard(1, 10);
  other_db.db = 1;
  other_owner.attribution.owner = "somebody";
  const auto merged =
      merge(survey_of({shard(1, 10)}), survey_of({other_db, other_owner, shard(1, 10, "users:{n}")}));
  EXPECT_EQ(merged.patterns.size(), 4U);
  EXPECT_EQ(merged.total.keys, 44U);
}

TEST(MergedSurveys, find_the_row_that_belongs_to_the_same_among_several) {
  auto mine = shard(1, 10);
  mine.attribution.owner = "somebody";
  auto merged = merge(survey_of({shard(1, 10), mine}), survey_of({mine, shard(1, 10)}));
  ASSERT_EQ(merged.patterns.size(), 2U);
  EXPECT_EQ(merged.patterns[0].keys, 22U);
  EXPECT_EQ(merged.patterns[1].keys, 22U);
}

// Errors of two samples are independent: 3 and 4 make 5.
TEST(MergedSurveys, widen_intervals_like_the_sides_of_a_triangle) {
  auto a = shard(1, 10), b = shard(1, 10);
  a.bytes = {100, 97, 103}, b.bytes = {200, 196, 204};
  const auto merged = merge_groups({a}, {b});
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged[0].bytes.value, 300);
  EXPECT_NEAR(merged[0].bytes.low, 295, 1e-9);
  EXPECT_NEAR(merged[0].bytes.high, 305, 1e-9);
}

}  // namespace
}  // namespace headroom::survey
