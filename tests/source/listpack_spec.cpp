#include <gtest/gtest.h>

#include <random>
#include <set>

#include "dump_kit.h"
#include "packed_kit.h"

namespace headroom::source::rdb {
namespace {

using namespace std::literals;
using Step = PackedReader::Step;

TEST(Listpack, reads_what_the_server_packed_at_every_width_and_length) {
  ListpackJudge judge;
  int n = 0;
  for (const auto& text : edge_texts()) judge.ask({"HSET", "h", "f" + std::to_string(n++), text});
  const auto expected = judge.texts({"HGETALL", "h"});
  ASSERT_EQ(expected.size(), 2 * edge_texts().size());
  const Walked walked = walk(Packing::listpack, judge.blob("h"));
  EXPECT_EQ(walked.end, Step::end) << walked.why;
  EXPECT_EQ(walked.texts, expected);
  EXPECT_EQ(walked.announced, expected.size());
  EXPECT_TRUE(check_packed(Packing::listpack, judge.blob("h")).sound);
}

TEST(Listpack, tells_numbers_from_texts) {
  ListpackJudge judge;
  judge.ask({"HSET", "h", "-70000", "007"});
  const std::string blob = judge.blob("h");
  PackedReader reader(Packing::listpack, blob);
  PackedItem field, value;
  ASSERT_EQ(reader.next(field), Step::item);
  ASSERT_EQ(reader.next(value), Step::item);
  EXPECT_TRUE(field.is_number);
  EXPECT_EQ(field.number, -70000);
  EXPECT_FALSE(value.is_number);
  EXPECT_EQ(field.text(), "-70000");  // still there beside the value
  EXPECT_EQ(value.text(), "007");
}

TEST(Listpack, reads_scores_as_the_server_does) {
  ListpackJudge judge;
  const std::vector<std::string> scores{"1",    "-17",  "0.1", "1e300", "-2.5e-300",         "inf",
                                        "-inf", "1e20", "3.0", "-0",    "4503599627370497.5"};
  for (const auto& score : scores) judge.ask({"ZADD", "z", score, "m" + score});
  const std::string blob = judge.blob("z");
  PackedReader reader(Packing::listpack, blob);
  PackedItem member, score;
  std::set<std::string> seen;
  while (reader.next(member) == Step::item) {
    ASSERT_EQ(reader.next(score), Step::item);
    const std::string name(member.text());
    seen.insert(name);
    EXPECT_EQ(score.score(), std::stod(name.substr(1))) << name;
  }
  EXPECT_EQ(seen.size(), scores.size());
}

TEST(Listpack, listpack_bytes_is_what_an_element_adds_on_the_server) {
  ListpackJudge judge;
  for (const auto& text : edge_texts()) {
    judge.ask({"DEL", "h"});
    judge.ask({"HSET", "h", "f", text});
    const std::uint64_t real = judge.blob("h").size() - 7 - 3;  // header and end mark; "f": 1 + 1 + 1
    EXPECT_EQ(listpack_bytes(text), real) << text.substr(0, 40) << ' ' << text.size();
  }
  for (std::size_t length = 16300; length < 16400; ++length) {
    judge.ask({"HSET", "h", "f", std::string(length, 'x')});
    EXPECT_EQ(listpack_bytes_of_text(length), judge.blob("h").size() - 10) << length;
  }
}

TEST(Listpack, listpack_bytes_of_long_numbers_and_of_what_is_nearly_one) {
  ListpackJudge judge;
  std::mt19937 random(5);
  std::vector<std::string> texts;
  for (std::size_t length = 9; length <= 20; ++length) {
    std::string digits;
    for (std::size_t i = 0; i < length; ++i) digits += static_cast<char>('0' + random() % 10);
    digits.front() = '3', digits.back() = '7';
    texts.insert(texts.end(), {digits, '-' + digits.substr(1), '0' + digits.substr(1)});
    // '/' and ':' stand beside the digits in ASCII.
    for (std::size_t i = 1; i + 1 < length; ++i)
      for (const char other : {'/', ':', 'a', '\xb5'}) texts.push_back(digits), texts.back()[i] = other;
  }
  for (const auto& text : texts) {
    judge.ask({"DEL", "h"});
    judge.ask({"HSET", "h", "f", text});
    EXPECT_EQ(listpack_bytes(text), judge.blob("h").size() - 10) << text;
  }
}

TEST(Listpack, listpack_bytes_of_large_elements) {
  ListpackJudge judge;
  for (const std::size_t length : {2'097'140U, 2'097'145U, 2'097'146U, 2'097'147U, 2'097'150U}) {
    judge.ask({"HSET", "h", "f", std::string(length, 'x')});
    EXPECT_EQ(listpack_bytes_of_text(length), judge.blob("h").size() - 10) << length;
    EXPECT_TRUE(check_packed(Packing::listpack, judge.blob("h")).sound);
  }
}

TEST(Listpack, F01_a_front_gives_the_items_that_are_whole) {
  ListpackJudge judge;
  for (const auto& text : edge_texts()) {
    if (text.size() < 300) judge.ask({"HSET", "h", "f" + text, text});
  }
  const std::string blob = judge.blob("h");
  const auto all = walk(Packing::listpack, blob).texts;
  std::size_t before = 0;
  for (std::size_t there = 0; there < blob.size(); ++there) {
    const Walked walked = walk_front(Packing::listpack, blob, there);
    ASSERT_EQ(walked.end, Step::cut) << there;
    ASSERT_GE(walked.texts.size(), before);
    before = walked.texts.size();
    ASSERT_TRUE(std::equal(walked.texts.begin(), walked.texts.end(), all.begin())) << there;
    ASSERT_EQ(walk(Packing::listpack, blob.substr(0, there)).end, Step::damaged) << there;
  }
  EXPECT_EQ(before, all.size());
}

// Items with their back lengths, as a whole listpack.
std::string listpack(std::string_view items, unsigned count) {
  return little(items.size() + 7, 4) + little(count, 2) + std::string(items) + '\xff';
}

TEST(Listpack, walks_one_whose_header_does_not_know_its_count) {
  std::string items;
  for (int i = 0; i < 80'000; ++i) items += "\x85" + std::to_string(10'000 + i) + '\x06';
  const std::string blob = listpack(items, 65535);
  const Walked walked = walk(Packing::listpack, blob);
  EXPECT_EQ(walked.announced, std::nullopt);
  EXPECT_EQ(walked.end, Step::end) << walked.why;
  ASSERT_EQ(walked.texts.size(), 80'000);
  EXPECT_EQ(walked.texts[79'999], "89999");
  ListpackJudge judge;
  ASSERT_EQ(judge.restore("h", 16, blob), "OK");
  EXPECT_EQ(judge.texts({"HGETALL", "h"}), walked.texts);
}

TEST(Listpack, F04_damage_is_named_with_its_offset) {
  const auto refused = [](std::string_view blob, std::uint64_t offset, std::string_view why) {
    const Walked walked = walk(Packing::listpack, blob);
    EXPECT_EQ(walked.end, Step::damaged) << why;
    EXPECT_EQ(walked.offset, offset) << why;
    EXPECT_EQ(walked.why, why);
  };
  ASSERT_EQ(walk(Packing::listpack, listpack("\x05\x01"sv, 1)).end, Step::end);
  refused("", 0, "it goes on behind the end");
  refused(listpack("\x05\x01"sv, 1) + "x", 0, "its header announces another length");
  refused(listpack("\x05\x01"sv, 2), 8, "its header announces another count");
  refused(listpack("\x05\x02"sv, 1), 7, "a length and its back length differ");
  refused(listpack("\xf5\x01"sv, 1), 6, "an item of no known kind");
  refused(listpack("\xfe\x01"sv, 1), 6, "an item of no known kind");
  refused(listpack("\x85xx\x03"sv, 1), 6, "it goes on behind the end");
  refused(listpack("\xf0\xff\xff\xff\xffxx\x03"sv, 1), 6, "it goes on behind the end");
  refused(listpack("\xf4xx"sv, 1), 6, "it goes on behind the end");
  refused(listpack("\xff\x05\x01"sv, 1), 6, "its end mark is not at its end");
}

TEST(Listpack, F07_no_flipped_bit_leads_outside) {
  ListpackJudge judge;
  for (const auto& text : edge_texts()) {
    if (text.size() < 130) judge.ask({"HSET", "h", "f" + text, text});
  }
  const std::string blob = judge.blob("h");
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    std::string flipped = blob;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const Walked walked = walk(Packing::listpack, flipped);
    ASSERT_TRUE(walked.end == Step::end || walked.end == Step::damaged);
    ASSERT_LE(walked.offset, blob.size());
  }
}

}  // namespace
}  // namespace headroom::source::rdb
