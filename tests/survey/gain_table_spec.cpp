#include "survey/gain_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "survey/summary.h"

namespace headroom::survey {
namespace {

/// Keys that all gain the same on one rung.
class Gains : public testing::Test {
 protected:
  void key(const std::string& name, std::int64_t saved, std::uint32_t db = 0) {
    const auto interest = collector.look(db, name);
    KeyRecord record;
    record.key = name, record.db = db, record.ticket = interest.ticket, record.type = KeyType::hash;
    record.bytes = Bytes{1000}, record.expires = Expires::never;
    collector.take(record);
    if (saved != 0) table.add(interest.ticket, {rung, 1, saved});
  }
  /// `attribute`: what the family room would do.
  std::vector<RepackOwner> owners(const auto& attribute) {
    auto groups = collector.groups();
    for (auto& group : groups) attribute(group);
    survey = summarise(std::move(groups), {});
    return table.by_owner(survey);
  }
  static RepackSum under_all(const RepackShare& share) { return share.sums.under(Repacked::hash, 6, 2); }

  static constexpr std::uint8_t rung = 9;
  Collector collector{{0.01, true}};
  GainTable table{collector};
  Survey survey{};
};

void by_queue(PatternGroup& group) {
  if (!group.pattern.starts_with("bull:")) return;
  group.attribution.family = "bullmq";
  group.attribution.owner = group.pattern.substr(0, group.pattern.find(':', 5));
  group.attribution.role = group.pattern.ends_with("{n}") ? "job" : "logs";
}

TEST_F(Gains, belong_to_the_owner_of_their_pattern) {
  for (int i = 0; i < 100; ++i) key(fmt::format("bull:mail:{}", i), 10);
  for (int i = 0; i < 50; ++i) key(fmt::format("bull:pay:{}", i), 100);
  for (int i = 0; i < 20; ++i) key(fmt::format("bull:pay:{}:logs", i), 1);
  for (int i = 0; i < 30; ++i) key(fmt::format("user:{}", i), 0);
  const auto rows = owners(by_queue);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].owner, "bull:pay");
  EXPECT_EQ(under_all(rows[0].all).bytes, 5'020);
  EXPECT_EQ(under_all(rows[0].all).keys, 70u);
  EXPECT_EQ(rows[0].all.keys, 70u);
  EXPECT_EQ(rows[0].all.bytes, 70'000);
  EXPECT_EQ(under_all(rows[0].jobs).bytes, 5'000);
  EXPECT_EQ(rows[0].jobs.keys, 50u);
  EXPECT_EQ(rows[1].owner, "bull:mail");
  EXPECT_EQ(under_all(rows[1].all).bytes, 1'000);
  EXPECT_EQ(rows[2].family, "");
  EXPECT_EQ(rows[2].all.keys, 30u);
  EXPECT_EQ(rows[2].jobs.keys, 0u);
}

TEST_F(Gains, keep_databases_apart) {
  key("bull:mail:1", 10, 0);
  key("bull:mail:1", 20, 3);
  const auto rows = owners(by_queue);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].db, 3u);
  EXPECT_EQ(under_all(rows[0].all).bytes, 20);
}

// Thousands of words at one place are folded while they come, so tickets lead to cells that are gone.
TEST_F(Gains, are_not_lost_when_patterns_are_folded) {
  constexpr int names = 40'000;
  for (int i = 0; i < names; ++i) {
    std::string word;
    for (auto n = static_cast<unsigned>(i) * 2654435761U; word.size() < 7; n = n / 7 + 12345)
      word += static_cast<char>('g' + n % 17);
    key(fmt::format("cache:{}{}:page", word, static_cast<char>('a' + i % 26)), 3);
  }
  const auto rows = owners(by_queue);
  EXPECT_GT(collector.folded(), 0u);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(under_all(rows[0].all).bytes, 3 * names);
  EXPECT_EQ(under_all(rows[0].all).keys, static_cast<std::uint64_t>(names));
}

}  // namespace
}  // namespace headroom::survey
