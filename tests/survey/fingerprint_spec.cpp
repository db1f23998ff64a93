#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/fold_digits.h"
#include "survey/fold.h"
#include "survey/known_heads.h"
#include "survey/known_names.h"
#include "survey/pattern_table.h"

namespace headroom::survey {
namespace {

std::string folded(std::string_view key) {
  FoldedName name;
  fold(key, name);
  return std::string(name.text());
}

// Names of pieces that mean something to fold(), and of bytes that mean nothing.
std::string any_name(std::mt19937_64& dice) {
  static const std::vector<std::string> pieces{"user",
                                               "1",
                                               "42",
                                               "123456789",
                                               "1700000000000",
                                               ":",
                                               ":",
                                               ":",
                                               "-",
                                               "_",
                                               ".",
                                               "@",
                                               "{",
                                               "}",
                                               "{n}",
                                               "550e8400-e29b-41d4-a716-446655440000",
                                               "550e8400-e29b-41d4-a716-44665544000z",
                                               "2026-01-31",
                                               "10.0.0.1",
                                               "a@b.c",
                                               "d41d8cd98f00b204e9800998ecf8427e",
                                               "kJ8s0dPqL2mZx7Vb3NcTy5Rw",
                                               "queue1",
                                               "tenant42x7"};
  std::string name;
  for (auto left = dice() % 9; left > 0; --left)
    dice() % 12 == 0 ? name.push_back(static_cast<char>(dice()))
                     : void(name += pieces[dice() % pieces.size()]);
  return name;
}

TEST(Fingerprint, is_the_same_for_the_same_folded_name_and_another_for_another) {
  std::mt19937_64 dice(7);
  std::map<std::string, std::uint64_t> hashes;
  std::set<std::uint64_t> different;
  for (int i = 0; i < 50'000; ++i) {
    const auto name = any_name(dice);
    if (name.size() > longest_never_cut) continue;
    const auto print = fingerprint(0, name, false);
    const auto pattern = folded(name);
    EXPECT_EQ(hashes.try_emplace(pattern, print.hash).first->second, print.hash) << name;
    EXPECT_EQ(print.has_digits, fold_digits(pattern) != pattern) << name;
    different.insert(print.hash);
  }
  EXPECT_EQ(different.size(), hashes.size());
}

// Two names of one head fold to the same, whatever their ids: else one would be counted in the other's cell.
TEST(KnownHeads, of_names_with_the_same_head_all_fold_to_the_same) {
  std::mt19937_64 dice(9);
  const auto id_for = [&](HeadedName::Id kind) {
    return kind == HeadedName::Id::number
               ? std::to_string(dice() >> (dice() % 64))
               : fmt::format("{:08x}-{:04x}-{:04x}-{:04X}-{:012}", dice() & 0xffffffff, dice() & 0xffff,
                             dice() & 0xffff, dice() & 0xffff, dice() % 1'000'000'000'000);
  };
  std::map<HeadedName::Id, int> found;
  for (int i = 0; i < 200'000; ++i) {
    const auto name = any_name(dice);
    const auto split = headed(name);
    if (!split || name.size() > longest_never_cut) continue;
    ++found[split->id];
    const auto other = std::string(split->head) + id_for(split->id);
    ASSERT_TRUE(headed(other)) << other;
    EXPECT_EQ(headed(other)->head, split->head) << other;
    EXPECT_EQ(folded(other), folded(name));
  }
  EXPECT_GT(found[HeadedName::Id::number], 1000);
  EXPECT_GT(found[HeadedName::Id::uuid], 1000);
}

TEST(KnownHeads, tells_heads_databases_and_kinds_of_ids_apart_and_forgets) {
  const std::string uuid = "550e8400-e29b-41d4-a716-446655440000";
  const std::string long_head(60, 'h');
  KnownHeads heads;
  heads.add(0, *headed("job:7"), 3);
  EXPECT_EQ(heads.find(0, *headed("job:1234")), 3U);
  EXPECT_FALSE(heads.find(1, *headed("job:7")));
  EXPECT_FALSE(heads.find(0, *headed("job:" + uuid)));
  EXPECT_FALSE(heads.find(0, *headed("jab:7")));
  heads.add(0, *headed(long_head + ":7"), 4);
  EXPECT_FALSE(heads.find(0, *headed(long_head + ":7"))) << "too long to be kept";
  heads.clear();
  EXPECT_FALSE(heads.find(0, *headed("job:7")));
  for (const auto& name :
       {std::string("job7"), std::string("7"), uuid, "x" + uuid, std::string("job:7a"), std::string()})
    EXPECT_FALSE(headed(name)) << name;
}

TEST(Fingerprint, made_weakly_tells_names_apart_that_differ_in_more_than_digits) {
  const auto weak = [](std::string_view name) { return fingerprint(0, name, true).hash; };
  EXPECT_EQ(weak("page.17"), weak("page.4"));
  EXPECT_EQ(weak("tenant-42x7:cart"), weak("tenant-1x100:cart"));
  EXPECT_NE(weak("page.17"), weak("pages.17"));
  EXPECT_NE(weak("page.17"), weak("page.")) << "a number is not nothing";
  EXPECT_NE(weak("page.17"), weak("page.1700000000")) << "a long one is an id beyond doubt";
  EXPECT_NE(weak("page.17"), weak("page.{n}")) << "braces of the key are no placeholder";
  EXPECT_NE(fingerprint(0, "page.17", true).hash, fingerprint(1, "page.17", true).hash);
}

// What stands before a segment moves it to other places of the 64-byte window through which a name is read.
TEST(FoldedNames, are_the_same_wherever_a_segment_stands) {
  std::mt19937_64 dice(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string segment = any_name(dice);
    if (segment.size() > 60) continue;
    const std::string before(dice() % 100, 'x');
    ASSERT_EQ(folded(fmt::format("{}:{}", before, segment)), fmt::format("{}:{}", before, folded(segment)));
  }
}

TEST(FoldedNames, know_words_longer_than_what_is_read_at_once) {
  EXPECT_EQ(folded(fmt::format("a:{}:b", std::string(200, '7'))), "a:{n}:b");
  EXPECT_EQ(folded(fmt::format("a:x-{}:b", std::string(200, '7'))), "a:x-{n}:b");
  EXPECT_EQ(folded(fmt::format("a:{}1-x", std::string(99, 'f'))), "a:{hex}-x");
  EXPECT_EQ(folded(fmt::format("{}@shop.example:{}", std::string(70, 'y'), std::string(65, '1'))),
            "{email}:{n}");
}

TEST(KnownNames, forget_when_told_and_when_half_full) {
  KnownNames known;
  for (std::uint64_t i = 0; i < 8192; ++i) known.add(i * 16'384, static_cast<std::uint32_t>(i));
  EXPECT_EQ(known.find(100 * 16'384), 100U);
  known.add(1, 7);
  EXPECT_EQ(known.find(1), 7U);
  EXPECT_EQ(known.find(100 * 16'384), std::nullopt);
  known.clear();
  EXPECT_EQ(known.find(1), std::nullopt);
}

// A name that was counted before must go where it would go now, not where it went before a fold.
TEST(KnownNames, do_not_outlive_a_fold) {
  PatternTable table(nullptr);
  const auto count = [&](const std::string& name) { return table.at(table.place(0, name)).count(), 0; };
  count("tenant-1:cart"), count("tenant-1:cart");
  for (int i = 1; i <= 100; ++i) count(fmt::format("tenant-{}:cart", i));
  count("tenant-1:cart");
  ASSERT_EQ(table.size(), 1U);
  EXPECT_EQ(table.at(table.place(0, "tenant-1:cart")).keys(), 103U);
}

// Landmarks that share their folded digits with ids: whether a name is one must be asked of each.
TEST(KnownNames, keep_landmarks_apart_from_ids_of_the_same_form) {
  PatternTable table([](std::string_view key) { return key.ends_with("x7"); });
  const auto letters = [](int i) {
    std::string word;
    for (; i > 0; i /= 20) word += static_cast<char>('a' + i % 20);
    return word;
  };
  for (int i = 1; i <= 3000; ++i) table.at(table.place(0, fmt::format("q:{}x", letters(i)))).count();
  const auto text = table.place(0, "q:abcx");
  EXPECT_EQ(table.at(text).pattern(), "q:{text}");
  EXPECT_EQ(table.place(0, "q:abx8"), text);
  EXPECT_EQ(table.at(table.place(0, "q:abx7")).pattern(), "q:abx7");
  EXPECT_EQ(table.place(0, "q:abx9"), text);
}

}  // namespace
}  // namespace headroom::survey
