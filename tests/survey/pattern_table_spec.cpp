#include "survey/pattern_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace headroom::survey {
namespace {

class Patterns : public testing::Test {
 protected:
  void name(std::string_view key, std::uint32_t db = 0) {
    table.at(table.place(db, key)).count();
    ++named;
  }
  std::map<std::string, std::uint64_t> counts() const {
    std::map<std::string, std::uint64_t> out;
    table.each([&](std::uint32_t, const Cell& cell) { out[cell.pattern()] += cell.keys(); });
    return out;
  }
  std::uint64_t counted() const {
    std::uint64_t sum = 0;
    for (const auto& [pattern, keys] : counts()) sum += keys;
    return sum;
  }
  PatternTable table{[](std::string_view key) { return key.ends_with(":meta") || key.ends_with(":id"); }};
  std::uint64_t named = 0;
};

TEST_F(Patterns, keep_a_few_numbered_queues_apart) {
  for (int i = 1; i <= 20; ++i) name(fmt::format("queue{}:wait", i));
  EXPECT_EQ(counts().size(), 20U);
}

TEST_F(Patterns, fold_numbered_names_when_there_are_many_of_a_kind) {
  for (int i = 1; i <= 5000; ++i) name(fmt::format("tenant-{}:cart", i));
  EXPECT_EQ(counts(), (std::map<std::string, std::uint64_t>{{"tenant-{n}:cart", 5000}}));
}

TEST_F(Patterns, fold_names_that_are_numbered_twice) {
  for (int i = 0; i < 100; ++i)
    for (int j = 0; j < 100; ++j) name(fmt::format("shop-{}:item-{}", i, j));
  EXPECT_EQ(counts(), (std::map<std::string, std::uint64_t>{{"shop-{n}:item-{n}", 10000}}));
}

TEST_F(Patterns, keep_five_hundred_queues_apart_while_a_million_custom_ids_become_one) {
  const auto word = [](int i) {
    std::string letters;
    for (; i > 0; i /= 20) letters += static_cast<char>('a' + i % 20);
    return letters;
  };
  for (int i = 1; i <= 500; ++i) {
    for (const auto* part : {"meta", "id", "wait", "events"})
      name(fmt::format("bull:q-{}:{}", word(i), part));
    for (int job = 1; job <= 5; ++job) name(fmt::format("bull:q-{}:{}", word(i), job));
  }
  for (int i = 1; i <= 100'000; ++i) name(fmt::format("bull:mail:order-{}", word(i)));
  const auto patterns = counts();
  EXPECT_EQ(counted(), named);
  EXPECT_TRUE(patterns.contains("bull:mail:{text}"));
  for (int i = 1; i <= 500; ++i) ASSERT_TRUE(patterns.contains(fmt::format("bull:q-{}:meta", word(i)))) << i;
}

TEST_F(Patterns, stay_within_bounds_and_lose_no_count_whatever_the_names_are) {
  std::uint64_t state = 42;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::string key;
    for (int n = 0; n < 8; ++n) key += "abcdefghijklmnop:"[(state >> (8 * n)) % 17];
    name(key, static_cast<std::uint32_t>(i % 3));
    ASSERT_LE(table.size(), PatternTable::most_cells + 3);
  }
  EXPECT_EQ(counted(), named);
}

TEST_F(Patterns, of_different_databases_are_different) {
  name("user:1", 0), name("user:2", 7);
  std::size_t cells = 0;
  table.each([&](std::uint32_t, const Cell&) { ++cells; });
  EXPECT_EQ(cells, 2U);
}

TEST_F(Patterns, find_the_cell_of_a_record_that_comes_after_its_cell_was_merged) {
  const auto early = table.place(0, "tenant-1:cart");
  for (int i = 2; i <= 100; ++i) name(fmt::format("tenant-{}:cart", i));
  EXPECT_EQ(table.at(early).pattern(), "tenant-{n}:cart");
}

}  // namespace
}  // namespace headroom::survey
