#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kit/loaded_server.h"
#include "source/rdb_kit.h"

// The decoder on what redis-server 7.0.15 wrote.
namespace headroom::source::rdb {
namespace {

class RdbDumps : public testing::TestWithParam<std::string> {};

TEST_P(RdbDumps, are_read_whole_and_their_checksum_fits) {
  Transcript transcript;
  const auto decoded = decode_bytes(dump(GetParam()), transcript);
  EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
  EXPECT_EQ(decoded.checksum, Checksum::right);
  EXPECT_EQ(decoded.bytes, dump(GetParam()).size());
}

TEST_P(RdbDumps, give_the_same_byte_by_byte_as_in_one_piece) {
  for (const auto reading : {Reading::elements, Reading::names, Reading::nothing}) {
    Transcript whole(reading);
    decode_bytes(dump(GetParam()), whole, 16 << 20);
    for (const std::size_t piece : {1, 13, 4096}) {
      Transcript pieces(reading);
      const auto decoded = decode_bytes(dump(GetParam()), pieces, piece);
      EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset << " in pieces of " << piece;
      EXPECT_EQ(pieces.lines, whole.lines);
    }
  }
}

TEST_P(RdbDumps, say_of_parts_the_same_whether_values_are_read_or_passed_over) {
  Transcript read(Reading::elements), passed(Reading::nothing);
  decode_bytes(dump(GetParam()), read);
  decode_bytes(dump(GetParam()), passed);
  EXPECT_EQ(read.parts_told, passed.parts_told);
  EXPECT_EQ(read.part_bytes, passed.part_bytes);
}

TEST_P(RdbDumps, hold_the_keys_that_the_server_finds_in_them) {
  const auto server = test::loaded_server(GetParam());
  Transcript transcript(Reading::nothing);
  std::set<std::string> told, held;
  decode_bytes(dump(GetParam()), transcript);
  for (const auto& line : transcript.lines)
    if (line.starts_with("key 0 ")) told.insert(line.substr(6, line.rfind(" type ") - 6));
  for (const auto& key : test::all_keys(*server, 0)) held.insert(key.name);
  for (const auto& name : held) EXPECT_TRUE(told.contains(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(All, RdbDumps,
                         testing::Values("bull4_all_states", "bullmq5_all_states", "bullmq5_debris",
                                         "bullmq6_all_states", "bullmq6_debris", "celery_mixed", "demo",
                                         "hostile_names", "others"),
                         [](const auto& dump_name) { return dump_name.param; });

}  // namespace
}  // namespace headroom::source::rdb
