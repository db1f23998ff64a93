#include "survey/collector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace headroom::survey {
namespace {

// A keyspace in the mind: sizes by name, given to the collector as a scan would.
struct Keyspace {
  Collector& collector;
  std::uint64_t asked = 0;

  void key(const std::string& name, std::uint64_t bytes, KeyType type = KeyType::string,
           bool with_ttl = false) {
    const auto interest = collector.look(0, name);
    if (interest.look == Look::name) return;
    ++asked;
    KeyRecord record;
    record.key = name, record.ticket = interest.ticket, record.type = type, record.bytes = Bytes{bytes};
    record.expires = with_ttl ? Expires::at : Expires::never;
    collector.take(record);
  }
};

std::uint64_t size_of(int i) { return 200 + static_cast<std::uint64_t>(i) * 7919 % 600; }

TEST(Collector, asks_about_everything_when_there_is_little) {
  Collector collector({});
  Keyspace keys{collector};
  for (int i = 0; i < 5000; ++i) keys.key(fmt::format("user:{}", i), size_of(i));
  EXPECT_EQ(keys.asked, 5000U);
  EXPECT_TRUE(collector.groups()[0].bytes.exact());
}

TEST(Collector, asks_about_few_of_many_and_is_as_near_as_it_was_told) {
  Collector collector({});
  Keyspace keys{collector};
  double truth = 0;
  for (int i = 0; i < 500'000; ++i)
    keys.key(fmt::format("user:{}", i), size_of(i)), truth += static_cast<double>(size_of(i));
  EXPECT_LT(keys.asked, 40'000U);
  const auto group = collector.groups()[0];
  EXPECT_EQ(group.keys, 500'000U);
  EXPECT_LE(group.bytes.low, truth);
  EXPECT_GE(group.bytes.high, truth);
  EXPECT_LE((group.bytes.high - group.bytes.low) / 2, 0.011 * truth);
}

TEST(Collector, asks_about_every_key_when_told_to) {
  CollectorOptions options;
  options.exact = true;
  Collector collector(options);
  Keyspace keys{collector};
  for (int i = 0; i < 30'000; ++i) keys.key(fmt::format("user:{}", i), size_of(i));
  EXPECT_EQ(keys.asked, 30'000U);
}

TEST(Collector, finds_the_giant_among_collections_with_a_heavy_tail) {
  Collector collector({});
  Keyspace keys{collector};
  for (int i = 0; i < 200'000; ++i) {
    const bool large = i % 1000 == 1, giant = i == 150'000;
    keys.key(fmt::format("feed:{}", i), giant ? 90'000'000 : large ? 500'000 : 300, KeyType::list);
  }
  EXPECT_EQ(collector.biggest().at(0).key, "feed:150000");
}

TEST(Collector, finds_the_giant_of_a_rare_pattern_of_collections) {
  Collector collector({});
  Keyspace keys{collector};
  for (int i = 0; i < 200'000; ++i) {
    keys.key(fmt::format("user:{}", i), size_of(i));
    if (i % 200 == 7) keys.key(fmt::format("feed:{}", i), i == 150'007 ? 9'000'000 : 300, KeyType::list);
  }
  EXPECT_EQ(collector.biggest().at(0).key, "feed:150007");
}

TEST(Collector, counts_a_key_that_scan_named_twice_once_among_the_biggest) {
  Collector collector({});
  Keyspace keys{collector};
  keys.key("big", 1'000'000), keys.key("big", 1'000'000), keys.key("small", 100);
  ASSERT_EQ(collector.biggest().size(), 2U);
  EXPECT_EQ(collector.biggest()[1].key, "small");
}

TEST(Collector, keeps_the_elements_of_the_biggest_where_the_source_knows_them) {
  Collector collector({});
  KeyRecord record;
  record.key = "queue", record.bytes = Bytes{1000}, record.elements = 17;
  record.ticket = collector.look(0, "queue").ticket;
  collector.take(record);
  EXPECT_EQ(collector.biggest().at(0).elements, 17U);
}

TEST(Collector, forgets_everything_when_the_scan_begins_again) {  // SCAN-1
  Collector collector({});
  Keyspace keys{collector};
  keys.key("a", 100);
  collector.restart();
  keys.key("b", 50);
  ASSERT_EQ(collector.groups().size(), 1U);
  EXPECT_EQ(collector.groups()[0].pattern, "b");
  EXPECT_EQ(collector.biggest().size(), 1U);
}

TEST(Collector, says_what_the_biggest_keys_may_have_missed) {
  Collector collector({});
  Keyspace keys{collector};
  for (int i = 0; i < 100; ++i) keys.key(fmt::format("user:{}", i), 100);
  EXPECT_EQ(collector.guarantee(), "Every key was measured: none larger exists.");
  for (int i = 0; i < 100'000; ++i) keys.key(fmt::format("user:{}", i), 100);
  EXPECT_NE(collector.guarantee().find("1 patterns"), std::string::npos) << collector.guarantee();
}

}  // namespace
}  // namespace headroom::survey
