#include "family/proof/id_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "family/proof/prefix_table.h"

namespace headroom::family {
namespace {

Identity number(std::uint64_t tail, std::uint16_t prefix = 1) { return {tail, prefix, true, false}; }

TEST(IdTable, adds_up_flags_and_bytes_of_one_identity) {
  IdTable table(1 << 20);
  table.add(number(7), 1, 100);
  table.add(number(7), 2);
  table.add(number(7, 2), 4);
  table.flush();
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.find(number(7))->flags & 0x3FFF, 3);
  EXPECT_EQ(table.find(number(7))->bytes, 100u);
  EXPECT_EQ(table.find(number(8)), nullptr);
}

TEST(IdTable, a_number_and_a_hash_of_the_same_bits_are_two) {
  IdTable table(1 << 20);
  table.add({7, 1, true, false}, 1);
  table.add({7, 1, false, false}, 1);
  table.add({7, 1, false, true}, 1);
  table.flush();
  EXPECT_EQ(table.size(), 3u);
}

TEST(IdTable, a_hash_of_the_whole_name_is_one_whatever_prefix_it_comes_with) {
  IdTable table(1 << 20);
  table.add({99, 0, false, true}, 1);
  table.add({99, 5, false, true}, 2);
  table.flush();
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find({99, 0, false, true})->prefix, 5);
}

TEST(IdTable, leaves_out_what_does_not_fit_and_says_so) {
  IdTable table(24 * 1024);
  for (std::uint64_t i = 0; i < table.room(); ++i) table.add(number(i), 1);
  table.flush();
  EXPECT_TRUE(table.whole());
  EXPECT_TRUE(table.nearly_full());
  for (std::uint64_t i = 0; i < 100; ++i) table.add(number(1'000'000 + i), 1);
  table.flush();
  EXPECT_FALSE(table.whole());
  EXPECT_EQ(table.size(), table.room());
  table.clear();
  EXPECT_TRUE(table.whole());
  EXPECT_EQ(table.size(), 0u);
}

TEST(IdTable, sizes_beyond_four_gigabytes_stop_there) {
  IdTable table(1 << 20);
  table.add(number(1), 1, std::uint64_t{1} << 40U);
  table.flush();
  EXPECT_EQ(table.find(number(1))->bytes, 0xFFFFFFFFu);
}

TEST(IdTable, is_a_map_through_growth_and_removal) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    IdTable table(1 << 17);
    std::map<std::uint64_t, std::uint16_t> expected;
    for (int i = 0; i < 3500; ++i) {
      const std::uint64_t tail = random() % 5000;
      const auto flag = static_cast<std::uint16_t>(1U << (random() % 14));
      table.add(number(tail), flag);
      expected[tail] |= flag;
    }
    table.remove([](const IdTable::Entry& entry) { return entry.tail % 3 == 0; });
    std::erase_if(expected, [](const auto& one) { return one.first % 3 == 0; });
    ASSERT_EQ(table.size(), expected.size());
    for (const auto& [tail, flags] : expected) {
      const auto* entry = table.find(number(tail));
      ASSERT_NE(entry, nullptr) << tail;
      EXPECT_EQ(entry->flags & 0x3FFF, flags);
    }
    std::size_t seen = 0;
    table.each([&](const IdTable::Entry&) { ++seen; });
    EXPECT_EQ(seen, expected.size());
  }
}

bool same(const Identity& a, const Identity& b) {
  return a.tail == b.tail && a.number == b.number && a.hashed == b.hashed &&
         (a.hashed || a.prefix == b.prefix);
}

TEST(PrefixTable, a_number_ends_a_name_only_as_it_is_written) {
  PrefixTable table;
  EXPECT_EQ(table.identity(0, "bull:mail", "17").tail, 17u);
  EXPECT_TRUE(table.identity(0, "bull:mail", "999999999999999999").number);
  for (const char* tail : {"007", "-1", "", "1 ", "1e3", "1000000000000000000"})
    EXPECT_FALSE(table.identity(0, "bull:mail", tail).number) << tail;
}

TEST(PrefixTable, keeps_databases_apart) {
  PrefixTable table;
  EXPECT_NE(table.number(0, "bull:mail"), table.number(1, "bull:mail"));
  EXPECT_EQ(table.number(0, "bull:mail"), table.number(0, "bull:mail"));
  EXPECT_EQ(table.text(table.number(1, "bull:mail")), "bull:mail");
  EXPECT_EQ(table.db(table.number(1, "bull:mail")), 1u);
}

TEST(PrefixTable, a_name_has_one_identity_before_and_after_the_table_is_full) {
  PrefixTable table(2);
  const auto early = table.identity(0, "a", "1");
  table.identity(0, "b", "1");
  const auto late = table.identity(0, "c", "1");
  EXPECT_TRUE(late.hashed);
  EXPECT_GT(table.left_out(), 0u);
  EXPECT_TRUE(same(table.identity(0, "a", "1"), early));
  EXPECT_TRUE(same(table.identity(0, "c", "1"), late));
  EXPECT_FALSE(same(table.identity(0, "c", "2"), late));
  EXPECT_FALSE(same(table.identity(1, "c", "1"), late));
}

TEST(PrefixTable, a_late_root_has_a_number_but_its_names_stay_what_they_were) {
  PrefixTable table(1);
  table.number(0, "a");
  const auto before = table.identity(0, "bull:mail", "1");
  const auto number = table.number_of_root(0, "bull:mail");
  EXPECT_GE(number, PrefixTable::first_late);
  const auto after = table.identity(0, "bull:mail", "1");
  EXPECT_TRUE(same(before, after));
  EXPECT_EQ(table.find(0, "bull:mail"), number);
}

TEST(PrefixTable, a_long_prefix_does_not_make_room_for_a_later_one) {
  PrefixTable table;
  const std::string huge(PrefixTable::most_text + 1, 'x');
  EXPECT_EQ(table.number(0, huge), 0);
  EXPECT_EQ(table.number(0, "short"), 0);  // whether it has room must not depend on when it comes
}

}  // namespace
}  // namespace headroom::family
