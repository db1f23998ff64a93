#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kit/loaded_server.h"
#include "rdb_writer.h"
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
  Transcript read(Reading::elements);
  decode_bytes(dump(GetParam()), read);
  for (const auto less : {Reading::names, Reading::nothing}) {
    Transcript passed(less);
    decode_bytes(dump(GetParam()), passed);
    EXPECT_EQ(read.parts_told, passed.parts_told);
    EXPECT_EQ(read.part_bytes, passed.part_bytes);
    EXPECT_EQ(read.packed_bytes, passed.packed_bytes);
  }
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

/// A hash of table form, as version 11 writes it, of `fields` fields f0, f1, ... and one value after the
/// other.
std::string hash_of(std::size_t fields, const std::vector<std::string>& values) {
  RdbWriter file("REDIS0011");
  file.key(4, "h").length(fields);
  for (std::size_t i = 0; i < fields; ++i)
    file.text("f" + std::to_string(i) + std::string(i % 7 == 6 ? 70 : 0, 'x')).raw(values[i % values.size()]);
  return file.key(0, "behind").text("it").sealed();
}

TEST(RdbNames, of_fields_are_told_whatever_their_values_are_and_wherever_the_pieces_end) {
  const std::string long_text(300, 'v');
  const std::vector<std::string> values{
      rdb_text("short"),
      rdb_text(""),
      rdb_text("1795000000000"),
      rdb_text(std::string(63, 'v')),
      "\x41\x2c" + long_text,
      rdb_text(long_text),  // lengths of two bytes and of nine
      "\xc0\x05",
      {"\xc1\x00\x01", 3},
      {"\xc2\x00\x00\x01\x00", 5},
      "\xc3\x06\x05\x04hello",                   // compressed: five bytes as they are
      {"\xc3\x05\x41\x09\x00z\xe0\xff\x00", 9},  // 265 of one byte
      {"\xc3\x40\x06\x05\x04hello", 10}};        // a length longer than it need be
  for (const std::size_t fields : {1, 15, 16, 17, 40, 100}) {
    const std::string bytes = hash_of(fields, values);
    Transcript read(Reading::elements);
    ASSERT_TRUE(decode_bytes(bytes, read).complete);
    for (const std::size_t piece : {1, 7, 100, 1000, 100'000}) {
      Transcript named(Reading::names);
      const auto decoded = decode_bytes(bytes, named, piece);
      ASSERT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
      ASSERT_EQ(named.lines.size(), read.lines.size());
      for (std::size_t i = 0; i < fields; ++i) {
        const std::string name = read.lines[2 + i].substr(0, read.lines[2 + i].find(" = "));
        EXPECT_EQ(named.lines[2 + i].substr(0, name.size() + 3), name + " = ") << piece;
      }
      EXPECT_EQ(named.packed_bytes, read.packed_bytes);
      EXPECT_EQ(named.part_bytes, read.part_bytes);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RdbDumps,
                         testing::Values("bull4_all_states", "bullmq5_all_states", "bullmq5_debris",
                                         "bullmq6_all_states", "bullmq6_debris", "celery_mixed", "demo",
                                         "hostile_names", "others"),
                         [](const auto& dump_name) { return dump_name.param; });

}  // namespace
}  // namespace headroom::source::rdb
