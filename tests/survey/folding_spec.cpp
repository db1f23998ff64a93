#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "survey/pattern_parts.h"
#include "survey/pattern_table.h"

// What becomes of names when there are too many of them.
namespace headroom::survey {
namespace {

std::string word(int i) {
  std::string letters;
  for (++i; i > 0; i /= 20) letters += static_cast<char>('a' + i % 20);
  return letters;
}

class Folding : public testing::Test {
 protected:
  void name(const std::string& key) {
    table.at(table.place(0, key)).count();
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
  PatternTable table{[](std::string_view key) {
    return key.ends_with(":meta") || key.ends_with(":id") || key.ends_with(":wait") ||
           key.ends_with(":failed");
  }};
  std::uint64_t named = 0;
};

TEST_F(Folding, keeps_what_belongs_to_numbered_queues_together) {
  for (int queue = 0; queue < 40; ++queue) {
    for (const auto* part : {"meta", "id", "wait"}) name(fmt::format("bull:tenant-{}:{}", queue, part));
    if (queue < 10) name(fmt::format("bull:tenant-{}:failed", queue));
  }
  EXPECT_EQ(counts(), (std::map<std::string, std::uint64_t>{{"bull:tenant-{n}:meta", 40},
                                                            {"bull:tenant-{n}:id", 40},
                                                            {"bull:tenant-{n}:wait", 40},
                                                            {"bull:tenant-{n}:failed", 10}}));
}

TEST_F(Folding, keeps_five_hundred_queues_apart_when_all_have_custom_ids) {
  for (int queue = 0; queue < 500; ++queue) {
    for (const auto* part : {"meta", "id", "wait", "failed"})
      name(fmt::format("bull:{}:{}", word(queue), part));
    for (int job = 0; job < 3; ++job) name(fmt::format("bull:{}:{}", word(queue), job));
  }
  for (int i = 0; i < 100'000; ++i) name(fmt::format("bull:{}:order-{}", word(i % 500), word(i)));
  EXPECT_EQ(counted(), named);
  std::map<std::string, std::uint64_t> keys_of_queue;
  for (const auto& [pattern, keys] : counts()) keys_of_queue[pattern.substr(0, pattern.rfind(':'))] += keys;
  EXPECT_EQ(keys_of_queue.size(), 500U);
  for (int queue = 0; queue < 500; ++queue)
    ASSERT_EQ(keys_of_queue["bull:" + word(queue)], 4U + 3U + 200U) << word(queue);
}

TEST_F(Folding, folds_the_users_and_not_what_every_user_has) {
  for (int user = 0; user < 20'000; ++user)
    for (const auto* part : {"profile", "cart", "settings"})
      name(fmt::format("user:{}:{}", word(user), part));
  EXPECT_EQ(counts(), (std::map<std::string, std::uint64_t>{{"user:{text}:profile", 20'000},
                                                            {"user:{text}:cart", 20'000},
                                                            {"user:{text}:settings", 20'000}}));
}

TEST_F(Folding, folds_thousands_of_ids_at_one_place_before_the_table_is_full) {
  for (int i = 0; i < 3000; ++i) name(fmt::format("bull:mail:order-{}", word(i)));
  name("bull:mail:meta");
  EXPECT_EQ(counts(),
            (std::map<std::string, std::uint64_t>{{"bull:mail:{text}", 3000}, {"bull:mail:meta", 1}}));
}

TEST_F(Folding, keeps_a_word_that_holds_a_notable_part_of_the_keys) {
  for (int i = 0; i < 3000; ++i) {
    name(fmt::format("cache:page-{}", word(i)));
    name("cache:of-everybody");
  }
  EXPECT_EQ(counts(),
            (std::map<std::string, std::uint64_t>{{"cache:of-everybody", 3000}, {"cache:{text}", 3000}}));
}

TEST_F(Folding, finds_the_ids_in_names_without_colons) {
  for (int i = 0; i < 3000; ++i) name(fmt::format("session_{}", word(i)));
  name("unacked"), name("celery");
  EXPECT_EQ(counts(),
            (std::map<std::string, std::uint64_t>{{"session_{text}", 3000}, {"unacked", 1}, {"celery", 1}}));
}

// Names of which no two share a beginning once made every further name search the whole table: 2 ms each.
// The count of cells is the proof that this ends: with one cell, nothing is left to search.
TEST_F(Folding, folds_names_that_share_nothing) {
  for (int i = 0; i < 100'000; ++i) name(fmt::format("{}:{}", word(7 * i), word(3 * i + 1)));
  EXPECT_EQ(counted(), named);
  EXPECT_LT(table.size(), 100U);
}

TEST_F(Folding, loses_no_count_when_names_have_hundreds_of_segments) {
  std::uint64_t state = 42;
  for (int i = 0; i < 5000; ++i) {
    std::string key;
    for (int n = 0; n < 60; ++n) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      key += fmt::format("{}{}:", static_cast<char>('a' + (state >> 40) % 26), (state >> 50) % 10);
    }
    name(key);
  }
  EXPECT_EQ(counted(), named);
  EXPECT_LE(table.size(), PatternTable::most_cells + 1);
}

std::string parts_of(std::string_view pattern) {
  std::string out;
  for (const auto [begin, end] : PatternParts(pattern))
    out.append("[").append(pattern.substr(begin, end - begin)).append("]");
  return out;
}

TEST(PatternParts, are_segments_or_the_two_sides_of_the_first_joint) {
  EXPECT_EQ(parts_of("bull:mail:4"), "[bull][mail][4]");
  EXPECT_EQ(parts_of("a::"), "[a][][]");
  EXPECT_EQ(parts_of("session_ab_cd"), "[session][ab_cd]");
  EXPECT_EQ(parts_of("_kombu.binding.x"), "[_kombu][binding.x]");
  EXPECT_EQ(parts_of("celery"), "[celery]");
  EXPECT_EQ(parts_of(""), "[]");
  EXPECT_EQ(parts_of("a:b:c:d:e:f:g:h:i:j"), "[a][b][c][d][e][f][g][j]");
}

TEST(PatternParts, know_a_placeholder_from_a_brace_of_the_key) {
  EXPECT_TRUE(is_placeholder("{n}"));
  EXPECT_FALSE(is_placeholder("{{n}}"));
  EXPECT_FALSE(is_placeholder("{n}-{n}"));
  EXPECT_FALSE(is_placeholder("x"));
}

}  // namespace
}  // namespace headroom::survey
