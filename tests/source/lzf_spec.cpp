#include "source/rdb/lzf.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "dump_kit.h"

namespace headroom::source::rdb {
namespace {

using namespace std::literals;

// Rooms of exactly the size, so that the address sanitizer sees one byte too many.
std::optional<std::string> expand(std::string_view packed, std::size_t length) {
  const std::unique_ptr<char[]> in(new char[packed.size()]), out(new char[length]);
  packed.copy(in.get(), packed.size());
  if (!lzf_expand({in.get(), packed.size()}, {out.get(), length})) return std::nullopt;
  return std::string(out.get(), length);
}
std::string front(std::string_view packed, std::size_t length) {
  const std::unique_ptr<char[]> in(new char[packed.size()]), out(new char[length]);
  packed.copy(in.get(), packed.size());
  const std::size_t there = lzf_expand_front({in.get(), packed.size()}, {out.get(), length});
  EXPECT_LE(there, length);
  return {out.get(), there};
}

std::string literal(std::string_view bytes) {
  return static_cast<char>(bytes.size() - 1) + std::string(bytes);
}
std::string back(std::size_t distance, std::size_t length) {
  const std::size_t less = length - 2, far = distance - 1;
  std::string order(1, static_cast<char>(std::min<std::size_t>(less, 7) << 5 | far >> 8));
  if (less >= 7) order += static_cast<char>(less - 7);
  return order + static_cast<char>(far);
}

// Texts that pack in many ways: runs, words at many distances, noise between.
std::string compressible(std::mt19937& random) {
  std::string text;
  const std::size_t length = 30 + random() % 20'000;
  while (text.size() < length) {
    const auto kind = random() % 4;
    if (kind == 0 || text.empty()) {
      for (auto n = random() % 40; n > 0; --n) text += static_cast<char>(random());
    } else if (kind == 1) {
      text.append(random() % 500, static_cast<char>(random()));
    } else {
      const std::size_t far = 1 + random() % std::min<std::size_t>(text.size(), kind == 2 ? 20 : 9000);
      for (auto n = random() % 300; n > 0; --n) text += text[text.size() - far];
    }
  }
  return text;
}

TEST(Lzf, expands_what_redis_packed) {
  Judge judge;
  std::mt19937 random(1);
  int packed = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = compressible(random);
    judge.ask({"SET", "s", text});
    const std::string payload = judge.dump("s");
    const RdbString string = take_string(std::string_view(payload).substr(1));
    ASSERT_EQ(string.length, text.size());
    if (!string.packed) continue;
    ++packed;
    ASSERT_EQ(expand(string.bytes, text.size()), text);
    ASSERT_EQ(expand(string.bytes, text.size() - 1), std::nullopt);
    ASSERT_EQ(expand(string.bytes, text.size() + 1), std::nullopt);
    for (const std::size_t length : {std::size_t{0}, std::size_t{6}, text.size() / 2, text.size()}) {
      ASSERT_EQ(front(string.bytes, length), text.substr(0, length));
    }
    ASSERT_EQ(front(string.bytes, text.size() + 40), text);
  }
  EXPECT_GT(packed, 200);
}

TEST(Lzf, F01_a_text_cut_at_any_byte_is_refused_and_its_front_is_still_right) {
  Judge judge;
  std::mt19937 random(2);
  const std::string text = compressible(random).substr(0, 3000);
  judge.ask({"SET", "s", text});
  const std::string payload = judge.dump("s");
  const RdbString string = take_string(std::string_view(payload).substr(1));
  ASSERT_TRUE(string.packed);
  for (std::size_t cut = 0; cut < string.bytes.size(); ++cut) {
    ASSERT_EQ(expand(string.bytes.substr(0, cut), text.size()), std::nullopt) << cut;
    const std::string there = front(string.bytes.substr(0, cut), text.size());
    ASSERT_EQ(there, text.substr(0, there.size())) << cut;
  }
}

TEST(Lzf, copies_that_overlap_what_they_make_repeat_it) {
  const std::string seed = "abcdefghijklmnopqrstuvwxyz";
  for (std::size_t distance = 1; distance <= seed.size(); ++distance) {
    for (std::size_t length = 3; length <= 264; ++length) {
      std::string expected = seed;
      for (std::size_t i = 0; i < length; ++i) expected += expected[expected.size() - distance];
      const std::string packed = literal(seed) + back(distance, length);
      ASSERT_EQ(expand(packed, expected.size()), expected) << distance << ' ' << length;
      const std::string longer = packed + literal("not a word of this");
      ASSERT_EQ(front(longer, expected.size() + 20).substr(0, expected.size()), expected);
    }
  }
}

TEST(Lzf, a_copy_with_room_behind_it_is_the_same) {
  const std::string seed = "abcdefghijklmnopqrstuvwxyz", tail = "0123456789ABCDEF0123456789";
  for (std::size_t distance = 1; distance <= seed.size(); ++distance) {
    for (std::size_t length = 3; length <= 264; ++length) {
      std::string expected = seed;
      for (std::size_t i = 0; i < length; ++i) expected += expected[expected.size() - distance];
      expected += tail;
      ASSERT_EQ(expand(literal(seed) + back(distance, length) + literal(tail), expected.size()), expected)
          << distance << ' ' << length;
    }
  }
}

TEST(Lzf, F03_refuses_a_back_reference_before_the_start) {
  EXPECT_EQ(expand(literal("abc") + back(3, 5), 8), "abcabcab");
  EXPECT_EQ(expand(literal("abc") + back(4, 5), 8), std::nullopt);
  EXPECT_EQ(expand(literal("abc") + back(8192, 5), 8), std::nullopt);
  EXPECT_EQ(expand(back(1, 5), 5), std::nullopt);
  EXPECT_EQ(front(literal("abc") + back(4, 5), 8), "abc");
}

TEST(Lzf, F03_refuses_a_length_that_is_not_the_declared_one) {
  const std::string packed = literal("abc") + back(1, 100);  // 103 bytes
  EXPECT_EQ(expand(packed, 103), "abc" + std::string(100, 'c'));
  for (const std::size_t length : {0U, 1U, 3U, 102U, 104U, 4096U})
    EXPECT_EQ(expand(packed, length), std::nullopt);
  EXPECT_EQ(expand(packed + literal("d"), 103), std::nullopt);
}

TEST(Lzf, F03_a_bomb_stops_where_the_room_ends) {
  std::string bomb = literal("a");
  for (int i = 0; i < 100'000; ++i) bomb += back(1, 264);  // 26 MB
  EXPECT_EQ(expand(bomb, 1000), std::nullopt);
  EXPECT_EQ(front(bomb, 1000), std::string(1000, 'a'));
}

TEST(Lzf, refuses_an_order_without_its_bytes) {
  EXPECT_EQ(expand("\x04"
                   "ab",
                   5),
            std::nullopt);
  EXPECT_EQ(front("\x04"
                  "ab",
                  5),
            "ab");
  EXPECT_EQ(expand(literal("abc") + "\x20", 6), std::nullopt);
  EXPECT_EQ(expand(literal("abc") + "\xe0", 12), std::nullopt);
  EXPECT_EQ(expand(literal("abc") + "\xe0\x01", 13), std::nullopt);
}

TEST(Lzf, nothing_expands_to_nothing) {
  EXPECT_TRUE(lzf_expand({}, {}));
  EXPECT_FALSE(lzf_expand("\0a"sv, {}));
  EXPECT_FALSE(expand("", 1));
  EXPECT_EQ(lzf_expand_front("\0a"sv, {}), 0U);
}

TEST(Lzf, F07_noise_stays_inside_its_rooms) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(random() % 60, '\0');
    for (char& byte : noise) byte = static_cast<char>(random() % 3 == 0 ? random() % 32 : random());
    expand(noise, random() % 400);
    front(noise, random() % 400);
  }
}

}  // namespace
}  // namespace headroom::source::rdb
