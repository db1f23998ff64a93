#include "base/crc64.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace headroom {
namespace {

// The definition of a CRC, bit by bit, with the polynomial as Redis prints it: its highest bit is x^63.
std::uint64_t bitwise(std::uint64_t crc, std::string_view bytes) {
  for (const char byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool in = (static_cast<unsigned char>(byte) >> bit & 1) != 0;
      const bool out = (crc & 1) != 0;
      crc >>= 1;
      if (in == out) continue;
      for (int power = 0; power < 64; ++power) {
        if ((0xad93d23594c935a9U >> power & 1) != 0) crc ^= std::uint64_t{1} << (63 - power);
      }
    }
  }
  return crc;
}

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

using Way = std::uint64_t (*)(std::uint64_t, std::span<const char>);
std::vector<Way> ways() {
  std::vector<Way> all{crc64, crc64_by_tables};
  if (has_carryless_multiply()) all.push_back(crc64_by_folding);
  if (has_wide_carryless_multiply()) all.push_back(crc64_by_wide_folding);
  return all;
}

TEST(Crc64, has_the_check_value_of_redis) {
  const std::string_view digits = "123456789";
  EXPECT_EQ(bitwise(0, digits), 0xe9c6d914c4b8d9ca);
  for (const Way way : ways()) EXPECT_EQ(way(0, digits), 0xe9c6d914c4b8d9ca);
}

TEST(Crc64, every_way_agrees_with_the_definition_at_every_length_and_alignment) {
  const std::string bytes = random_bytes(900, 1);
  for (std::size_t length = 0; length <= 880; ++length) {
    const std::string_view part(bytes.data() + length % 17, length);
    for (const std::uint64_t before : {0ULL, 0x0123456789abcdefULL, ~0ULL}) {
      const auto expected = bitwise(before, part);
      for (const Way way : ways()) ASSERT_EQ(way(before, part), expected) << length;
    }
  }
}

TEST(Crc64, every_way_agrees_on_large_buffers) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    const std::string bytes = random_bytes(100'000 + 37 * seed, seed);
    const auto expected = bitwise(0, bytes);
    for (const Way way : ways()) EXPECT_EQ(way(0, bytes), expected);
  }
}

TEST(Crc64, does_not_depend_on_where_the_bytes_are_cut) {
  const std::string bytes = random_bytes(5000, 3);
  const auto expected = bitwise(0, bytes);
  std::mt19937 random(4);
  for (const Way way : ways()) {
    for (int round = 0; round < 200; ++round) {
      std::uint64_t crc = 0;
      for (std::span<const char> rest(bytes); !rest.empty();) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), random() % 400);
        crc = way(crc, rest.first(piece));
        rest = rest.subspan(piece);
      }
      ASSERT_EQ(crc, expected);
    }
  }
}

TEST(Crc64, is_what_redis_wrote_behind_its_dumps) {
  int dumps = 0;
  for (const auto& file : std::filesystem::directory_iterator(HEADROOM_TREE "/tests/dumps")) {
    if (file.path().extension() != ".rdb") continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    ASSERT_GT(bytes.size(), 8U);
    const std::string_view body(bytes.data(), bytes.size() - 8);
    std::uint64_t written = 0;
    for (unsigned i = 0; i < 8; ++i) {
      written |= std::uint64_t{static_cast<unsigned char>(bytes[body.size() + i])} << 8 * i;
    }
    for (const Way way : ways()) EXPECT_EQ(way(0, body), written) << file.path();
    ++dumps;
  }
  EXPECT_GT(dumps, 5);
}

}  // namespace
}  // namespace headroom
