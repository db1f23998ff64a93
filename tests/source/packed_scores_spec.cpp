#include <gtest/gtest.h>

#include "kit/redis_cli.h"
#include "source/rdb_kit.h"

// What the scores of a skip list would take in a listpack, against the listpack that the server makes of the
// same sorted set.
namespace headroom::source::rdb {
namespace {

struct Zset : Transcript {
  Zset() : Transcript(Reading::nothing) {}
  void parts(const StoredKey&, std::span<const Part> parts) override {
    for (const auto& part : parts) members += part.packed;
  }
  void ends(const StoredKey& stored, const ValueSize& size) override {
    layout = stored.layout, length = size.length, scores = size.packed_scores;
  }
  Layout layout = Layout::unknown;
  std::uint64_t length = 0, members = 0, scores = 0;
};

Zset stored_with(const std::string& entries, const std::vector<std::string>& scores) {
  test::RedisServer server({"--zset-max-listpack-entries", entries});
  for (const auto& score : scores) test::redis_cli(server, {"ZADD", "z", score, "m" + score});
  test::redis_cli(server, {"SAVE"});
  Zset zset;
  decode_bytes(bytes_of_file(server.folder() + "/dump.rdb"), zset);
  return zset;
}

TEST(PackedScores, of_whole_numbers_are_what_the_server_packs) {
  const std::vector<std::string> scores{
      "0",        "127",      "128",        "-1",         "4095",        "4096",         "-4096",
      "-4097",    "32767",    "-32768",     "32768",      "-32769",      "8388607",      "8388608",
      "-8388608", "-8388609", "2147483647", "2147483648", "-2147483649", "1795000000123"};
  const auto table = stored_with("0", scores), blob = stored_with("128", scores);
  ASSERT_EQ(table.layout, Layout::skiplist);
  ASSERT_EQ(blob.layout, Layout::listpack);
  constexpr std::uint64_t frame = 7;
  EXPECT_EQ(frame + table.members + table.scores, blob.length);
}

TEST(PackedScores, of_fractions_are_near_what_the_server_packs) {
  const std::vector<std::string> scores{"0.1", "-3.7", "1795000000.123", "1e300", "123456.789"};
  const auto table = stored_with("0", scores), blob = stored_with("128", scores);
  constexpr std::uint64_t frame = 7;
  const auto real = blob.length - frame - table.members;
  EXPECT_NEAR(static_cast<double>(table.scores), static_cast<double>(real), 0.15 * static_cast<double>(real));
}

}  // namespace
}  // namespace headroom::source::rdb
