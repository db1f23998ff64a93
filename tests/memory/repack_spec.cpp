#include "memory/repack.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// The bytes are what INFO memory of redis-server 7.0.15 (Debian, jemalloc with a quantum of 16) grew by.
namespace headroom::memory {
namespace {

constexpr ServerModel debian{Flavour::redis, {7, 0}, Allocator::jemalloc_16};

struct Told {
  std::uint64_t key = 0;
  RepackGain gain{};
};

/// What a listpack makes of a text that is not a number (listpack.c).
Part text(std::uint64_t length) {
  const std::uint64_t header = length < 64 ? 1 : length < 4096 ? 2 : 5;
  return {length, length + header + (header + length < 128 ? 1 : 2)};
}
Part number(std::uint64_t digits, std::uint64_t packed) { return {digits, packed}; }

class Repack : public testing::Test {
 protected:
  void key(KeyType type, Layout layout, const std::vector<Part>& parts, ValueSize size) {
    StoredKey key;
    key.key = "h:1", key.type = type, key.layout = layout;
    // In odd batches, as a decoder's buffer may end anywhere.
    for (std::size_t at = 0; at < parts.size(); at += 7)
      repack.parts(key, std::span(parts).subspan(at, std::min<std::size_t>(7, parts.size() - at)));
    repack.finish(key, size);
  }
  void hash(std::uint64_t fields, std::uint64_t longest) {
    std::vector<Part> parts;
    for (std::uint64_t i = 0; i < fields; ++i) {
      parts.push_back(text(5));
      parts.push_back(text(i == 0 ? longest : 10));
    }
    key(KeyType::hash, Layout::table, parts, {fields});
  }
  void zset(std::uint64_t members, std::uint64_t length, std::uint64_t packed_scores) {
    ValueSize size{members};
    size.packed_scores = packed_scores;
    key(KeyType::zset, Layout::skiplist, std::vector<Part>(members, text(length)), size);
  }
  void list(const std::vector<std::uint64_t>& nodes) {
    StoredKey key;
    key.key = "l:1", key.type = KeyType::list, key.layout = Layout::quicklist;
    for (const auto length : nodes) repack.node(key, length, false);
    repack.finish(key, {nodes.size()});
  }
  RepackSums sums() const {
    RepackSums out;
    for (const auto& one : told) out.add(one.gain.place, {one.gain.keys, one.gain.bytes});
    return out;
  }

  std::vector<Told> told{};
  KeyModel model{debian};
  RepackModel repack{model, [this](std::uint64_t key, const RepackGain& gain) {
                       told.push_back({key, gain});
                     }};
};

TEST_F(Repack, measures_what_the_model_measures) {
  StoredKey key;
  key.key = "h:1", key.type = KeyType::hash, key.layout = Layout::table;
  const std::vector<Part> parts{text(5), text(300)};
  KeyModel alone(debian);
  alone.parts(key, parts);
  repack.parts(key, parts);
  EXPECT_EQ(repack.finish(key, {1}), alone.finish(key, {1}));
}

// HSET h:N with the 10 fields of a job, `data` of 300 bytes: 20 000 keys, with hash-max-listpack-value 64 and
// 512 on two servers; used_memory differed by 12 321 440, 616.07 bytes a key.
TEST_F(Repack, saves_on_a_job_what_the_server_saves) {
  const std::vector<Part> job{text(4),        text(4),      text(4),        text(300),      text(4),
                              text(14),       text(9),      number(13, 10), text(5),        number(1, 2),
                              text(8),        number(1, 2), text(11),       number(13, 10), text(10),
                              number(13, 10), text(11),     text(11),       text(3),        number(1, 2)};
  key(KeyType::hash, Layout::table, job, {10});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].gain.place, ladder(Repacked::hash).place(3, 0));
  // By hand, as a table: header 64 (56), 16 slots and the 8 of before, which are not yet moved; 10 entries of
  // 32 (24); nine strings of up to 6 characters in 8 bytes, ten of up to 14 in 16, `data` in 320 (304). As
  // one blob: 7 and the parts make 482, class 512.
  const std::int64_t strings = 9 * 8 + 10 * 16 + 320, table = 64 + (128 + 64) + 10 * 32 + strings;
  EXPECT_EQ(told[0].gain.bytes, table - 512);
}

TEST_F(Repack, needs_the_rung_of_the_longest_string_and_of_the_number_of_fields) {
  hash(3, 64), hash(3, 65), hash(129, 512), hash(513, 513), hash(1024, 4096);
  const auto rungs = ladder(Repacked::hash);
  ASSERT_EQ(told.size(), 5u);
  EXPECT_EQ(told[0].gain.place, rungs.place(0, 0));
  EXPECT_EQ(told[1].gain.place, rungs.place(1, 0));
  EXPECT_EQ(told[2].gain.place, rungs.place(3, 1));
  EXPECT_EQ(told[3].gain.place, rungs.place(4, 2));
  EXPECT_EQ(told[4].gain.place, rungs.place(6, 2));
}

TEST_F(Repack, has_nothing_to_say_of_what_no_rung_packs) {
  hash(3, 4097), hash(1025, 10);
  EXPECT_TRUE(told.empty());
}

TEST_F(Repack, counts_the_keys_that_gain_nothing) {
  hash(3, 5000), hash(3, 100);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].key, 1u);
}

// 300 sorted sets of 300 members "mNNNNN" with scores in milliseconds, with zset-max-listpack-entries 128 and
// 512: 8 605 664, 28 686 a key.
TEST_F(Repack, takes_scores_into_account) {
  zset(300, 6, 300 * 10);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].gain.place, ladder(Repacked::zset).place(0, 1));
  EXPECT_NEAR(static_cast<double>(told[0].gain.bytes), 28'686, 0.005 * 28'686);
  zset(300, 6, 300 * 2);
  EXPECT_GT(told[1].gain.bytes, told[0].gain.bytes + 300 * 6);
}

// SADD s:N of 900 integers of up to 9 digits, with set-max-intset-entries 512 and 1024: 47 352.24 a key.
TEST_F(Repack, makes_intsets_of_integers_alone) {
  std::vector<Part> members(900, number(9, 6));
  members[0] = number(1, 2);
  key(KeyType::set, Layout::table, members, {900});
  std::vector<Part> mixed = members;
  mixed[7] = text(9);
  key(KeyType::set, Layout::table, mixed, {900});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].gain.place, ladder(Repacked::set_of_integers).place(0, 1));
  EXPECT_EQ(told[0].gain.bytes, 47'352);
}

TEST_F(Repack, packs_sets_of_texts_only_where_the_version_does) {
  key(KeyType::set, Layout::table, std::vector<Part>(100, text(100)), {100});
  EXPECT_TRUE(told.empty());
  KeyModel newer({Flavour::redis, {7, 2}, Allocator::jemalloc_8});
  std::vector<RepackGain> gains;
  RepackModel other(newer, [&](std::uint64_t, const RepackGain& gain) { gains.push_back(gain); });
  StoredKey key;
  key.key = "s:1", key.type = KeyType::set, key.layout = Layout::table;
  const std::vector<Part> members(100, text(100));
  other.parts(key, members);
  other.finish(key, {100});
  ASSERT_EQ(gains.size(), 1u);
  EXPECT_EQ(gains[0].place, ladder(Repacked::set).place(1, 0));
}

TEST_F(Repack, gives_fields_with_a_deadline_the_room_they_take_in_a_blob) {
  KeyModel newer({Flavour::redis, {7, 4}, Allocator::jemalloc_8});
  StoredKey key;
  key.key = "h:1", key.type = KeyType::hash, key.layout = Layout::table;
  const TableShape shape{2, 100, 500, false};
  ValueSize size{2};
  const auto without = newer.as_listpack(key, size, shape);
  size.field_ttls = 1;
  // 507 bytes are of class 512; with a deadline of 10 bytes and a zero of 2: 519, class 640, and 32 of
  // header.
  EXPECT_EQ(newer.as_listpack(key, size, shape).count, without.count + 640 - 512 + 32);
}

TEST_F(Repack, fills_larger_nodes_with_the_nodes_of_a_list) {
  // Elements of 4.5 KB stand alone in nodes of 8 KiB: class 5120 and a node of 48 each. In 16 KiB there are
  // three (13 493, class 14 336), in 64 KiB fourteen.
  list(std::vector<std::uint64_t>(12, 4500));
  const auto total = sums();
  EXPECT_EQ(total.under(Repacked::list, 0, 0).bytes, 0);
  EXPECT_EQ(total.under(Repacked::list, 1, 0).bytes, 12 * (5120 + 48) - 4 * (14'336 + 48));
  EXPECT_EQ(total.under(Repacked::list, 3, 0).bytes, 12 * (5120 + 48) - (57'344 + 48));
  EXPECT_EQ(total.under(Repacked::list, 3, 0).keys, 1u);
}

TEST_F(Repack, begins_every_list_anew) {
  list({8000}), list({8000});
  EXPECT_TRUE(told.empty());
}

TEST_F(Repack, remembers_how_much_the_server_packs_already) {
  StoredKey key;
  key.key = "h:1", key.type = KeyType::hash, key.layout = Layout::listpack;
  repack.finish(key, {300, 4000});
  repack.finish(key, {20, 400});
  EXPECT_EQ(repack.packed_elements()[static_cast<std::size_t>(Repacked::hash)], 300u);
  EXPECT_EQ(repack.packed_elements()[static_cast<std::size_t>(Repacked::zset)], 0u);
}

TEST(RepackChoice, takes_the_smallest_limits_that_give_nearly_all) {
  RepackSums sums;
  const auto rungs = ladder(Repacked::hash);
  sums.add(rungs.place(2, 0), {90, 9'600});
  sums.add(rungs.place(4, 0), {4, 300});
  sums.add(rungs.place(3, 1), {1, 100});
  const auto choice = choose(Repacked::hash, sums, 0, 50'000);
  EXPECT_TRUE(choice.worth);
  EXPECT_EQ(rungs.values[choice.value], 256);
  EXPECT_EQ(rungs.entries[choice.entry], 128);
  EXPECT_EQ(choice.saved.bytes, 9'600);
}

TEST(RepackChoice, does_not_follow_a_gain_beyond_reason) {
  RepackSums sums;
  const auto rungs = ladder(Repacked::hash);
  sums.add(rungs.place(3, 0), {10, 1'000});
  sums.add(rungs.place(6, 2), {1, 9'000});
  const auto choice = choose(Repacked::hash, sums, 0, 50'000);
  EXPECT_EQ(rungs.values[choice.value], 512);
  EXPECT_EQ(choice.saved.bytes, 1'000);
  EXPECT_EQ(choice.most.bytes, 10'000);
}

TEST(RepackChoice, never_goes_below_what_the_server_packs) {
  RepackSums sums;
  const auto rungs = ladder(Repacked::hash);
  sums.add(rungs.place(3, 0), {10, 10'000});
  EXPECT_EQ(rungs.entries[choose(Repacked::hash, sums, 400, 50'000).entry], 512);
  EXPECT_EQ(rungs.entries[choose(Repacked::hash, sums, 900, 50'000).entry], 1024);
  EXPECT_EQ(rungs.entries[choose(Repacked::hash, sums, 5'000, 50'000).entry], 1024);
}

TEST(RepackChoice, leaves_alone_what_saves_little_or_costs) {
  RepackSums little, dearer;
  little.add(ladder(Repacked::zset).place(1, 0), {10, 499});
  dearer.add(ladder(Repacked::zset).place(1, 0), {10, -5'000});
  EXPECT_FALSE(choose(Repacked::zset, little, 0, 50'000).worth);
  EXPECT_FALSE(choose(Repacked::zset, dearer, 0, 50'000).worth);
  EXPECT_FALSE(choose(Repacked::zset, {}, 0, 0).worth);
}

TEST(RepackChoice, knows_what_making_keys_anew_gives_by_itself) {
  RepackSums sums;
  sums.add(ladder(Repacked::hash).place(0, 0), {10, 10'000});
  const auto choice = choose(Repacked::hash, sums, 0, 50'000);
  EXPECT_TRUE(choice.worth);
  EXPECT_EQ(choice.made_anew.bytes, 10'000);
  EXPECT_EQ(choice.value, 0u);
  EXPECT_EQ(choice.entry, 0u);
}

TEST(Ladders, do_not_overlap) {
  std::vector<int> used(repack_places, 0);
  for (std::size_t i = 0; i < repacked_count; ++i) {
    const auto rungs = ladder(static_cast<Repacked>(i));
    for (std::size_t place = rungs.first; place < rungs.first + rungs.rungs(); ++place) ++used.at(place);
  }
  EXPECT_EQ(used, std::vector<int>(repack_places, 1));
}

}  // namespace
}  // namespace headroom::memory
