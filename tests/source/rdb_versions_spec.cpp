#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kit/redis_cli.h"
#include "rdb_writer.h"

// Files of every version and of layouts that no server here writes, made by hand. Where redis-server 7.0.15
// loads them, it says what they hold; the others are held against the layouts of rdb-and-speed.md section 5.
namespace headroom::source::rdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Held = std::map<std::string, std::string>;

// The same text as Values makes, a line per key.
constexpr const char* tell_all = R"(
local out = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local held = {}
  local function pairs_of(flat)
    for i = 1, #flat, 2 do held[#held + 1] = flat[i] .. '=' .. flat[i + 1] end
    table.sort(held)
  end
  if kind == 'string' then held = {redis.call('GET', key)}
  elseif kind == 'list' then held = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then held = redis.call('SMEMBERS', key) table.sort(held)
  elseif kind == 'hash' then pairs_of(redis.call('HGETALL', key))
  elseif kind == 'zset' then pairs_of(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'))
  else for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do held[#held + 1] = entry[1] end end
  out[#out + 1] = key .. '\t' .. kind .. ' ' .. table.concat(held, ' ')
end
return table.concat(out, '\n'))";

std::unique_ptr<test::RedisServer> server_with(const std::string& bytes) {
  auto server = std::make_unique<test::RedisServer>();
  std::ofstream(server->folder() + "/dump.rdb", std::ios::binary) << bytes;
  server->restart();
  return server;
}

Held held_by(const test::RedisServer& server) {
  Held held;
  std::istringstream lines(test::redis_cli(server, {"EVAL", tell_all, "0"}));
  for (std::string line; std::getline(lines, line);)
    held[line.substr(0, line.find('\t'))] = line.substr(line.find('\t') + 1);
  return held;
}

/// The decoder tells what the server reads.
Values judged(const std::string& bytes) {
  Values values;
  const auto decoded = decode_both_ways(bytes, values);
  EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
  EXPECT_EQ(values.held, held_by(*server_with(bytes)));
  EXPECT_EQ(decoded.keys, values.held.size());
  return values;
}

RdbWriter old_file(unsigned version) { return RdbWriter(fmt::format("REDIS{:04}", version)).db(0); }

TEST(RdbVersions, of_each_header_from_1_to_10_are_read_as_the_server_reads_them) {
  for (unsigned version = 1; version <= 10; ++version) {
    SCOPED_TRACE(version);
    auto file = old_file(version);
    file.key(0, "s").text("text").key(0, "i").raw("\xc1\x39\x30");
    const auto values = judged(file.sealed(version >= 5));
    EXPECT_EQ(values.held, (Held{{"s", "string text"}, {"i", "string 12345"}}));
    EXPECT_THAT(values.others, ElementsAre(fmt::format("redis {}", version)));
  }
}

TEST(RdbVersions, with_values_in_tables_are_read_as_the_server_reads_them) {
  auto file = old_file(6);
  file.key(1, "list").length(3).text("b").text("a").raw("\xc0\xfb");
  file.key(2, "set").length(2).text("x").text("y");
  file.key(3, "scores")
      .length(4)
      .text("a")
      .raw(
          "\x03"
          "1.5")
      .text("b")
      .byte(254)
      .text("c")
      .byte(255)
      .text("d");
  file.raw("\x02-7");
  file.key(4, "hash").length(2).text("f").text("v").text("g").raw(std::string("\xc2\x40\x42\x0f\x00", 5));
  const auto values = judged(file.sealed());
  EXPECT_EQ(values.held.at("list"), "list b a -5");
  EXPECT_EQ(values.held.at("scores"), "zset a=1.5 b=inf c=-inf d=-7");
  EXPECT_EQ(values.held.at("hash"), "hash f=v g=1000000");
}

TEST(RdbVersions, with_values_in_the_old_blobs_are_read_as_the_server_reads_them) {
  auto file = old_file(7);
  file.key(9, "zipmap")
      .text(std::string("\x02\x01"
                        "f\x01\x00v\x01g\x02\x01"
                        "xy#\xff",
                        14));
  file.key(10, "ziplist").text(ziplist_of({"a", "b", "c"}));
  file.key(11, "intset").text(little(2, 4) + little(2, 4) + little(1, 2) + little(500, 2));
  file.key(12, "zset").text(ziplist_of({"a", "1.5", "b", "2"}));
  file.key(13, "hash").text(ziplist_of({"f", "v"}));
  file.key(14, "quick").length(2).text(ziplist_of({"a", "b"})).text(ziplist_of({"c"}));
  const auto values = judged(file.sealed());
  EXPECT_EQ(values.held.at("zipmap"), "hash f=v g=xy");
  EXPECT_EQ(values.held.at("quick"), "list a b c");
  EXPECT_EQ(values.sizes.at("quick").elements, 3U);
  EXPECT_EQ(values.keys.at("zipmap").layout, Layout::zipmap);
}

/// One node with two entries, and the counters that every version has.
std::string stream_head() {
  RdbWriter head("");
  head.length(1).text(std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16));
  head.text(listpack_of({"2", "0", "1", "f", "0", "2", "0", "0", "v", "4", "2", "1", "5", "w", "4"}));
  head.length(2).length(2).length(5);
  auto whole = head.sealed(false);
  whole.pop_back();
  return whole;
}

TEST(RdbVersions, with_streams_of_redis_5_are_read_as_the_server_reads_them) {
  auto file = old_file(9);
  file.key(15, "stream").raw(stream_head()).length(1).text("group").length(1).length(0);
  file.length(1).raw(std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16)).number(1, 8).length(1);
  file.length(1)
      .text("consumer")
      .number(1, 8)
      .length(1)
      .raw(std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16));
  const auto values = judged(file.sealed());
  EXPECT_EQ(values.held.at("stream"), "stream 1-0 2-5");
  EXPECT_THAT(values.others, ElementsAre("redis 9", "group group"));
}

TEST(RdbVersions, keep_deadlines_in_seconds_and_in_milliseconds) {
  auto file = old_file(9);
  file.byte(253).number(2'000'000'000, 4).key(0, "seconds").text("v");
  file.byte(252).number(2'000'000'000'123, 8).key(0, "millis").text("v").key(0, "never").text("v");
  const auto values = judged(file.sealed());
  const auto server = server_with(file.sealed());
  EXPECT_EQ(test::redis_cli(*server, {"PEXPIRETIME", "seconds"}), "2000000000000");
  EXPECT_EQ(values.keys.at("seconds").expires_at.count(), 2'000'000'000'000);
  EXPECT_EQ(test::redis_cli(*server, {"PEXPIRETIME", "millis"}), "2000000000123");
  EXPECT_EQ(values.keys.at("millis").expires_at.count(), 2'000'000'000'123);
  EXPECT_FALSE(values.keys.at("never").expires);
}

TEST(RdbVersions, far_deadlines_and_idle_times_do_not_overflow) {
  auto file = RdbWriter("REDIS0011").db(0);
  file.byte(252).number(UINT64_MAX >> 1, 8).byte(248).length(UINT64_MAX).key(0, "late").text("v");
  file.byte(252).number(std::uint64_t{1} << 63, 8).key(0, "early").text("v");
  Values values;
  EXPECT_TRUE(decode_both_ways(file.sealed(), values).complete);
  EXPECT_GT(values.keys.at("late").expires_at, std::chrono::hours(24 * 365 * 1000));
  EXPECT_LT(values.keys.at("early").expires_at, std::chrono::milliseconds(0));
  EXPECT_GT(*values.keys.at("late").idle, std::chrono::hours(24 * 365));
}

TEST(RdbVersions, idle_times_and_counters_belong_to_the_next_key_alone) {
  auto file = old_file(9);
  file.byte(248).length(100).key(0, "a").text("v").byte(249).byte(7).key(0, "b").text("v").key(0, "c").text(
      "v");
  const auto values = judged(file.sealed());
  EXPECT_EQ(values.keys.at("a").idle, std::chrono::seconds(100));
  EXPECT_EQ(values.keys.at("b").freq, 7);
  EXPECT_FALSE(values.keys.at("b").idle || values.keys.at("c").idle || values.keys.at("c").freq);
}

Values read_made(const RdbWriter& file, Reading wanted = Reading::elements) {
  Values values(wanted);
  const auto decoded = decode_both_ways(file.sealed(), values, wanted);
  EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
  EXPECT_EQ(decoded.checksum, Checksum::right);
  return values;
}

TEST(RdbVersions, fields_with_deadlines_are_counted_in_all_four_layouts) {
  auto file = RdbWriter("REDIS0012").db(0);
  file.key(22, "early").length(2).length(0).text("a").text("1").length(1'900'000'000'000).text("b").text("2");
  file.key(23, "early_packed").text(listpack_of({"a", "v", "0", "b", "w", "9"}));
  file.key(24, "table").number(1'900'000'000'000, 8).length(3).length(0).text("a").text("1");
  file.length(1).text("b").text("2").length(9).text("c").text("3");
  file.key(25, "packed").number(1'900'000'000'000, 8).text(listpack_of({"a", "v", "9", "b", "w", "0"}));
  for (const auto wanted : {Reading::elements, Reading::nothing}) {
    const auto values = read_made(file, wanted);
    EXPECT_EQ(values.sizes.at("early").field_ttls, 1U);
    EXPECT_EQ(values.sizes.at("early_packed").field_ttls, 1U);
    EXPECT_EQ(values.sizes.at("table").field_ttls, 2U);
    EXPECT_EQ(values.sizes.at("table").elements, 3U);
    EXPECT_EQ(values.sizes.at("packed").field_ttls, 1U);
    EXPECT_EQ(values.sizes.at("packed").elements, 2U);
  }
  const auto values = read_made(file);
  EXPECT_EQ(values.held.at("early_packed"), "hash a=v b=w");
  EXPECT_EQ(values.held.at("packed"), "hash a=v b=w");
  EXPECT_EQ(values.held.at("table"), "hash a=1 b=2 c=3");
}

TEST(RdbVersions, deadlines_of_fields_are_told_in_all_layouts) {
  auto file = RdbWriter("REDIS0012").db(0);
  file.key(22, "early").length(2).length(0).text("a").text("1").length(1'900'000'000'000).text("b").text("2");
  file.key(23, "early_packed").text(listpack_of({"a", "v", "0", "b", "w", "109"}));
  file.key(24, "table").number(1'900'000'000'000, 8).length(3).length(0).text("a").text("1");
  file.length(1).text("b").text("2").length(9).text("c").text("3");
  file.key(25, "packed").number(107, 8);
  file.text(listpack_of({"a", "v", "107", "b", "w", "0"}));
  auto valkey = RdbWriter("VALKEY080").db(0);
  valkey.key(22, "hash")
      .length(2)
      .text("a")
      .text("1")
      .number(UINT64_MAX, 8)
      .text("b")
      .text("2")
      .number(1'900'000'000'042, 8);
  std::vector<std::string> told;
  for (const auto& bytes : {file.sealed(), valkey.sealed()}) {
    Transcript transcript;
    EXPECT_TRUE(decode_bytes(bytes, transcript, 1).complete);
    for (const auto& line : transcript.lines)
      if (line.starts_with("  ")) told.push_back(line);
  }
  const std::string zero = " (0.000000)", expires = zero + " expires 19000000000";
  EXPECT_THAT(told,
              ElementsAre("  a = 1" + zero, "  b = 2" + expires + "00", "  a = v" + zero,
                          "  b = w" + zero + " expires 109", "  a = 1" + zero, "  b = 2" + expires + "00",
                          "  c = 3" + expires + "08", "  a = v" + zero + " expires 107", "  b = w" + zero,
                          "  a = 1" + zero, "  b = 2" + expires + "42"));
}

/// What type 21 has behind the first counters: a group with one pending entry of one consumer.
std::string stream_tail() {
  RdbWriter tail("");
  tail.length(1).length(0).length(0).length(0).length(2).length(1);
  tail.text("group").length(2).length(5).length(2);
  tail.length(1).raw(std::string(16, '\1')).number(5, 8).length(1);
  tail.length(1).text("consumer").number(5, 8).number(5, 8).length(1).raw(std::string(16, '\1'));
  auto whole = tail.sealed(false);
  whole.pop_back();
  return whole;
}

TEST(RdbVersions, streams_with_producers_and_with_entries_given_back_are_read_to_their_end) {
  RdbWriter producers("");  // for 100 s, 50 of each; one with two entries; added, duplicates
  producers.length(100).length(50).length(1).text("producer").length(2);
  producers.text("one").length(1).length(0).text("two").length(2).length(5).length(2).length(0);
  auto idmp = producers.sealed(false);
  idmp.pop_back();
  auto file = RdbWriter("REDIS0014").db(0);
  file.key(21, "3").raw(stream_head()).raw(stream_tail());
  file.key(26, "4").raw(stream_head()).raw(stream_tail()).raw(idmp);
  file.key(27, "5").raw(stream_head()).raw(stream_tail()).length(1).raw(std::string(16, '\2')).raw(idmp);
  file.key(0, "behind").text("v");
  const auto values = read_made(file);
  for (const auto* name : {"3", "4", "5"}) EXPECT_EQ(values.held.at(name), "stream 1-0 2-5");
  EXPECT_EQ(values.held.at("behind"), "string v");
}

TEST(RdbVersions, F05_modules_are_passed_over_by_their_framing_and_counted) {
  RdbWriter module("");
  module.length(std::uint64_t{1} << 63).length(1).length(5).length(2).length(6).length(3).raw("1234");
  module.length(4).raw("12345678").length(5).text("string").length(0);
  auto value = module.sealed(false);
  value.pop_back();
  auto file = RdbWriter("REDIS0012");
  file.byte(247).length(77).length(2).length(2).length(5).text("aux").length(0).db(0);
  file.key(7, "module").raw(value).key(0, "behind").text("v");
  Values values;
  const auto decoded = decode_both_ways(file.sealed(), values);
  EXPECT_TRUE(decoded.complete) << decoded.fault;
  EXPECT_EQ(values.held, (Held{{"module", "module "}, {"behind", "string v"}}));
  EXPECT_EQ(values.sizes.at("module").skipped, value.size());
  EXPECT_EQ(decoded.skipped, value.size() + rdb_length(77).size() + 2 + 1 + 4 + 1);
}

TEST(RdbVersions, F05_a_module_value_of_before_its_release_ends_the_reading) {
  auto file = RdbWriter("REDIS0008").db(0).key(0, "good").text("v").key(6, "module").raw("anything");
  Values values;
  const auto decoded = decode_both_ways(file.sealed(), values);
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.last_key, "good");
}

TEST(RdbVersions, F05_functions_slots_and_metadata_stand_between_keys) {
  auto file = RdbWriter("REDIS0013");
  file.byte(250).text("redis-ver").text("8.6.0").byte(245).text("#!lua name=l").db(0);
  file.byte(251).length(1).length(0).byte(244).length(5).length(1).length(0);
  file.byte(252).number(1'900'000'000'000, 8).byte(243).length(2).raw("spec").length(2).length(9).length(0);
  file.raw("Spec").length(0).key(0, "k").text("v");
  const auto values = read_made(file);
  EXPECT_EQ(values.held, (Held{{"k", "string v"}}));
  EXPECT_EQ(values.keys.at("k").expires_at.count(), 1'900'000'000'000);
  EXPECT_THAT(values.others, ElementsAre("redis 13", "redis-ver=8.6.0", "library #!lua name=l"));
}

TEST(RdbVersions, F05_a_function_of_before_its_release_ends_the_reading) {
  auto file = RdbWriter("REDIS0010").byte(246).text("f");
  Values values;
  const auto decoded = decode_both_ways(file.sealed(), values);
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.offset, 9U);
}

TEST(RdbVersions, valkey_means_other_things_by_22_and_243) {
  auto file = RdbWriter("VALKEY080");
  file.byte(250).text("valkey-ver").text("9.0.0").byte(243).text("job").length(2);
  file.length(0).length(5).length(7).length(9).db(0);
  file.key(22, "hash").length(2).text("a").text("1").number(UINT64_MAX, 8).text("b").text("2").number(9, 8);
  file.key(0, "behind").text("v");
  const auto values = read_made(file);
  EXPECT_EQ(values.held, (Held{{"hash", "hash a=1 b=2"}, {"behind", "string v"}}));
  EXPECT_EQ(values.sizes.at("hash").field_ttls, 1U);
  EXPECT_EQ(values.others.front(), "valkey 80");
}

TEST(RdbVersions, F05_valkey_has_none_of_the_types_that_redis_added_later) {
  for (const unsigned type : {23U, 24U, 25U, 26U, 30U}) {
    auto file = RdbWriter("VALKEY080").db(0);
    const auto at = file.size();
    Values values;
    const auto decoded = decode_both_ways(file.key(type, "k").text("v").sealed(), values);
    EXPECT_THAT(decoded.fault, HasSubstr("unknown type"));
    EXPECT_EQ(decoded.offset, at);
  }
}

// The blob of type 30 begins with the number of the template: tests/unit/type of Redis 8.10 writes it so.
TEST(RdbVersions, hashes_of_a_template_are_told_with_its_names) {
  auto file = RdbWriter("REDIS0015");
  file.byte(242).length(5).length(2).text("f").text("g").byte(242).length(6).length(1).text("h").db(0);
  file.key(30, "packed")
      .text(listpack_of({"5", "v", "w"}))
      .key(32, "array")
      .length(5)
      .raw("\xc0\x01")
      .text("x");
  file.key(32, "other").length(6).text("y");
  const auto values = read_made(file);
  EXPECT_EQ(values.held,
            (Held{{"packed", "hash f=v g=w"}, {"array", "hash f=1 g=x"}, {"other", "hash h=y"}}));
  const auto passed = read_made(file, Reading::nothing);
  for (const auto* name : {"packed", "array"}) EXPECT_EQ(passed.sizes.at(name).elements, 2U);
}

TEST(RdbVersions, a_hash_without_its_template_ends_the_reading) {
  auto file = RdbWriter("REDIS0015").db(0);
  Values values;
  const auto decoded = decode_both_ways(file.key(32, "k").length(5).text("x").sealed(), values);
  EXPECT_THAT(decoded.fault, HasSubstr("template"));
  EXPECT_EQ(decoded.offset, 9U + 2 + 1 + 2);
}

TEST(RdbVersions, names_of_templates_are_kept_to_a_limit_and_the_values_counted_beyond_it) {
  auto file = RdbWriter("REDIS0015");
  const std::string name(1 << 20, 'n');
  file.byte(242).length(1).length(9);
  for (int i = 0; i < 9; ++i) file.text(name);
  file.db(0).key(32, "hash").length(1);
  for (int i = 0; i < 9; ++i) file.text("v");
  Values values;
  EXPECT_TRUE(decode_bytes(file.sealed(), values).complete);
  EXPECT_EQ(values.held.at("hash"), "hash ");
  EXPECT_EQ(values.sizes.at("hash").elements, 9U);
}

TEST(RdbVersions, F05_unknown_types_end_the_reading_at_their_byte_and_advise_a_newer_headroom) {
  for (const unsigned type : {8U, 28U, 29U, 31U, 33U, 107U, 200U, 241U}) {
    auto file = RdbWriter("REDIS0015").db(0).key(0, "good").text("v");
    const auto at = file.size();
    Values values;
    const auto decoded = decode_both_ways(file.key(type, "k").text("v").sealed(), values);
    EXPECT_FALSE(decoded.complete);
    EXPECT_THAT(decoded.fault, HasSubstr(fmt::format("unknown type {}", type)));
    EXPECT_THAT(decoded.fault, HasSubstr("newer server"));
    EXPECT_EQ(decoded.offset, at);
    EXPECT_EQ(decoded.last_key, "good");
  }
}

TEST(RdbVersions, F05_versions_of_the_future_are_refused_before_anything_is_told) {
  for (const auto* magic : {"REDIS0016", "REDIS0099", "VALKEY081", "VALKEY999"}) {
    Values values;
    const auto decoded = decode_both_ways(RdbWriter(magic).db(0).key(0, "k").text("v").sealed(), values);
    EXPECT_THAT(decoded.fault, HasSubstr("newer server"));
    EXPECT_TRUE(values.held.empty() && values.others.empty());
  }
  for (const auto* magic : {"REDIS0000", "REDIS00x1", "VALKEY0", "KEYDB0009"}) {
    Values values;
    EXPECT_FALSE(decode_both_ways(RdbWriter(magic).db(0).sealed(), values).complete) << magic;
  }
}

}  // namespace
}  // namespace headroom::source::rdb
