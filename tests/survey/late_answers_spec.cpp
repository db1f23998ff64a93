#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "survey/collector.h"

// A source has many questions under way: what a key costs is known long after its pattern was folded into
// another.
namespace headroom::survey {
namespace {

class LateAnswers : public testing::TestWithParam<std::size_t> {
 protected:
  void name(Collector& collector, std::string key, std::uint64_t bytes) {
    truth += static_cast<double>(bytes), ++keys;
    const auto interest = collector.look(0, key);
    if (interest.look != Look::name) asked.push_back({std::move(key), bytes, interest.ticket});
    while (asked.size() > GetParam()) answer(collector);
  }
  void answer(Collector& collector) {
    KeyRecord record;
    record.key = asked.front().key, record.ticket = asked.front().ticket;
    record.bytes = Bytes{asked.front().bytes}, record.type = KeyType::string, record.expires = Expires::never;
    collector.take(record);
    asked.pop_front();
  }
  void expect_whole_truth(Collector& collector) {
    while (!asked.empty()) answer(collector);
    double bytes = 0, without_ttl = 0;
    std::uint64_t counted = 0;
    for (const auto& group : collector.groups()) {
      EXPECT_TRUE(group.bytes.exact()) << group.pattern;
      bytes += group.bytes.value, without_ttl += group.without_ttl_keys.value, counted += group.keys;
    }
    EXPECT_NEAR(bytes, truth, 0.5);
    EXPECT_NEAR(without_ttl, static_cast<double>(keys), 0.5);
    EXPECT_EQ(counted, keys);
  }

  struct Asked {
    std::string key{};
    std::uint64_t bytes = 0;
    std::uint32_t ticket = 0;
  };
  std::deque<Asked> asked{};
  double truth = 0;
  std::uint64_t keys = 0;
};

std::string word(int i) {
  std::string letters;
  for (++i; i > 0; i /= 20) letters += static_cast<char>('a' + i % 20);
  return letters;
}

CollectorOptions exactly() {
  CollectorOptions options;
  options.exact = true;
  return options;
}

TEST_P(LateAnswers, are_not_lost_when_numbered_names_were_folded_meanwhile) {
  Collector collector(exactly());
  for (int i = 0; i < 3000; ++i)
    name(collector, fmt::format("user-{}:cart", i), 100 + static_cast<std::uint64_t>(i) % 7);
  expect_whole_truth(collector);
}

TEST_P(LateAnswers, are_not_lost_when_the_table_was_full_meanwhile) {
  Collector collector(exactly());
  for (int i = 0; i < 20'000; ++i)
    for (const auto* part : {"profile", "cart", "settings"})
      name(collector, fmt::format("user:{}:{}", word(i), part), 100 + static_cast<std::uint64_t>(i) % 7);
  expect_whole_truth(collector);
}

INSTANTIATE_TEST_SUITE_P(questions_under_way, LateAnswers, testing::Values(0, 10, 2000));

}  // namespace
}  // namespace headroom::survey
