#include "wire/resp_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "reply_text.h"
#include "wire/reply_builder.h"

namespace headroom::wire {
namespace {

using test::in_words;

struct Sample {
  std::string bytes;
  std::string words;  ///< written from the specification, by hand
};

std::string nested(std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

std::vector<Sample> samples() {
  using namespace std::string_literals;
  return {
      {"+OK\r\n", "+OK"},
      {"+\r\n", "+"},
      {"-ERR unknown command\r\n", "-ERR unknown command"},
      {":0\r\n", "0"},
      {":-1\r\n", "-1"},
      {":+12\r\n", "12"},
      {":9223372036854775807\r\n", "9223372036854775807"},
      {":-9223372036854775808\r\n", "-9223372036854775808"},
      {"$5\r\nhello\r\n", "'hello'"},
      {"$0\r\n\r\n", "''"},
      {"$-1\r\n", "nil"},
      {"*-1\r\n", "nil"},
      {"$8\r\na\r\nb\0\n\xff\x1b\r\n"s, "'a\r\nb\0\n\xff\x1b'"s},
      {"*0\r\n", "[]"},
      {"*3\r\n:1\r\n$1\r\na\r\n*2\r\n$-1\r\n*0\r\n", "[1, 'a', [nil, []]]"},
      {"*2\r\n$2\r\n17\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "['17', ['a', 'b', 'c']]"},
      {"_\r\n", "nil"},
      {"#t\r\n", "1"},
      {"#f\r\n", "0"},
      {",1.5\r\n", "1.5"},
      {",-2e3\r\n", "-2000"},
      {",inf\r\n", "inf"},
      {",-inf\r\n", "-inf"},
      {",10\r\n", "10"},
      {"(3492890328409238509324850943850943825024385\r\n", "'3492890328409238509324850943850943825024385'"},
      {"!21\r\nSYNTAX invalid\nsyntax\r\n", "-SYNTAX invalid\nsyntax"},
      {"=15\r\ntxt:Some string\r\n", "'Some string'"},
      {"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#f\r\n", "[+a, 1, +b, [0]]"},
      {"~3\r\n:1\r\n:2\r\n:3\r\n", "[1, 2, 3]"},
      {"|1\r\n+key-popularity\r\n%1\r\n+a\r\n,0.19\r\n*2\r\n:1\r\n:2\r\n", "[1, 2]"},
      {"*3\r\n:1\r\n:2\r\n|1\r\n+ttl\r\n:3600\r\n:3\r\n", "[1, 2, 3]"},
      {"|0\r\n:1\r\n", "1"},
      {">3\r\n+message\r\n+somechannel\r\n*1\r\n+text\r\n$3\r\nfoo\r\n", "'foo'"},
      {">0\r\n>1\r\n+x\r\n:4\r\n", "4"},
      {"$?\r\n;4\r\nHell\r\n;6\r\no worl\r\n;1\r\nd\r\n;0\r\n", "'Hello world'"},
      {"$?\r\n;0\r\n", "''"},
      {"*?\r\n:1\r\n*?\r\n.\r\n:3\r\n.\r\n", "[1, [], 3]"},
      {"%?\r\n+a\r\n:1\r\n.\r\n", "[+a, 1]"},
      {nested(32), std::string(32, '[') + "1" + std::string(32, ']')},
  };
}

/// Does what Connection does: what was not taken stands at the front of the next call.
class Feed {
 public:
  explicit Feed(const RespLimits& limits = {}) : reader_(builder_, limits) {}

  Result<bool> give(std::string_view bytes) {
    waiting_ += bytes;
    while (true) {
      const auto taken = reader_.take(waiting_);
      if (!taken) return fail(taken.error());
      waiting_.erase(0, taken->bytes);
      if (!taken->whole) return true;
      replies_.push_back(in_words(builder_.reply()));
    }
  }
  const std::vector<std::string>& replies() const { return replies_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  ReplyBuilder builder_;
  RespReader reader_;
  std::string waiting_;
  std::vector<std::string> replies_;
};

std::string error_of(const std::string& bytes, const RespLimits& limits = {}) {
  Feed feed(limits);
  const auto result = feed.give(bytes);
  return result ? "no error" : result.error().what;
}

TEST(RespReader, reads_every_type_of_both_protocols) {
  for (const auto& [bytes, words] : samples()) {
    Feed feed;
    ASSERT_TRUE(feed.give(bytes)) << words;
    EXPECT_EQ(feed.replies(), std::vector<std::string>{words});
    EXPECT_EQ(feed.waiting(), 0U) << words;
  }
}

TEST(RespReader, F18_reads_the_same_wherever_the_bytes_are_split) {
  for (const auto& [bytes, words] : samples()) {
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      Feed feed;
      ASSERT_TRUE(feed.give(bytes.substr(0, at)) && feed.give(bytes.substr(at))) << words << " at " << at;
      ASSERT_EQ(feed.replies(), std::vector<std::string>{words}) << "split at " << at;
    }
  }
}

TEST(RespReader, F18_reads_one_byte_at_a_time_and_says_nothing_before_the_last) {
  for (const auto& [bytes, words] : samples()) {
    Feed feed;
    for (const char c : bytes) {
      ASSERT_TRUE(feed.replies().empty()) << words;
      ASSERT_TRUE(feed.give(std::string(1, c))) << words;
    }
    EXPECT_EQ(feed.replies(), std::vector<std::string>{words});
  }
}

TEST(RespReader, F18_takes_a_coalesced_pipeline_apart_wherever_it_is_split) {
  std::string bytes;
  std::vector<std::string> words;
  for (const auto& sample : samples()) {
    bytes += sample.bytes;
    words.push_back(sample.words);
  }
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    Feed feed;
    ASSERT_TRUE(feed.give(bytes.substr(0, at)) && feed.give(bytes.substr(at)));
    ASSERT_EQ(feed.replies(), words) << "split at " << at;
  }
}

TEST(RespReader, F17_CONN_1_refuses_what_is_larger_than_its_limits_before_it_is_there) {
  EXPECT_THAT(error_of("*1000000000\r\n"), testing::HasSubstr("more than 1048576 elements"));
  EXPECT_THAT(error_of("%9223372036854775807\r\n"), testing::HasSubstr("more than 1048576 elements"));
  EXPECT_THAT(error_of("$4000000000000\r\n"), testing::HasSubstr("more than 67108864 bytes"));
  EXPECT_THAT(error_of("$9223372036854775807\r\n"), testing::HasSubstr("more than 67108864 bytes"));
  EXPECT_THAT(error_of("$?\r\n;9223372036854775807\r\n"), testing::HasSubstr("more than 67108864 bytes"));
  EXPECT_THAT(error_of(nested(100'000)), testing::HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(error_of(nested(33)), testing::HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(error_of("+" + std::string(70'000, 'A')),
              testing::HasSubstr("a line of more than 65536 bytes"));
}

TEST(RespReader, F17_counts_elements_and_bytes_over_the_whole_reply) {
  const RespLimits tight{.depth = 4, .elements = 5, .bytes = 60, .line = 16};
  EXPECT_THAT(error_of("*2\r\n*3\r\n:1\r\n:2\r\n:3\r\n*1\r\n:1\r\n", tight),
              testing::HasSubstr("more than 5 elements"));
  EXPECT_THAT(error_of("*?\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n", tight),
              testing::HasSubstr("more than 5 elements"));
  EXPECT_THAT(error_of("*2\r\n$30\r\n" + std::string(30, 'a') + "\r\n$30\r\n", tight),
              testing::HasSubstr("more than 60 bytes"));
  EXPECT_THAT(error_of("$?\r\n;30\r\n" + std::string(30, 'a') + "\r\n;30\r\n", tight),
              testing::HasSubstr("more than 60 bytes"));
  EXPECT_THAT(error_of("+aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", tight),
              testing::HasSubstr("a line of more than 16 bytes"));
}

TEST(RespReader, counts_each_reply_and_each_push_anew) {
  const RespLimits tight{.depth = 4, .elements = 3, .bytes = 24, .line = 16};
  Feed feed(tight);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(feed.give(">2\r\n+a\r\n+b\r\n*3\r\n:1\r\n:2\r\n:3\r\n"));
  EXPECT_EQ(feed.replies().size(), 10U);
}

TEST(RespReader, F17_refuses_what_is_not_resp) {
  const std::vector<std::string> nonsense{
      "$-5\r\n",
      "*-7\r\n",
      ":12a\r\n",
      ":\r\n",
      ":99999999999999999999\r\n",
      ":+-1\r\n",
      "$\r\n",
      "$3\r\nabcd\r\n",
      "#x\r\n",
      ",abc\r\n",
      ",\r\n",
      "_x\r\n",
      "(12x\r\n",
      "=3\r\nabc\r\n",
      "%-1\r\n",
      "~x\r\n",
      ".\r\n",
      "*1\r\n.\r\n",
      ";4\r\n",
      "$?\r\n:1\r\n",
      "*1\r\n>1\r\n+x\r\n",
      ">?\r\n",
      std::string(3, '\0'),
      "+no carriage return\n",
      "hello\r\n",
      "\xff\xfe",
  };
  for (const auto& bytes : nonsense) {
    EXPECT_THAT(error_of(bytes), testing::HasSubstr("is not the Redis protocol")) << bytes;
  }
}

TEST(RespReader, F17_knows_a_web_server_and_a_TLS_alert_by_their_first_bytes) {
  EXPECT_THAT(error_of("HTTP/1.1 400 Bad Request\r\n"),
              testing::HasSubstr("this is a web server, not Redis"));
  EXPECT_THAT(error_of("\x15\x03\x03"), testing::HasSubstr("the server speaks TLS on this port"));
  for (const std::string start : {"H", "HTT", "\x15"})
    EXPECT_EQ(error_of(start), "no error") << "too early to tell";
}

TEST(ReplyBuilder, leaves_nothing_of_an_earlier_reply_in_a_later_one) {
  Feed feed;
  ASSERT_TRUE(feed.give("*3\r\n$3\r\nabc\r\n*2\r\n:1\r\n:2\r\n:9\r\n"));
  ASSERT_TRUE(feed.give("*2\r\n*1\r\n$1\r\nx\r\n:7\r\n"));
  ASSERT_TRUE(feed.give("*1\r\n$-1\r\n:5\r\n+OK\r\n*0\r\n"));
  EXPECT_EQ(feed.replies(),
            (std::vector<std::string>{"['abc', [1, 2], 9]", "[['x'], 7]", "[nil]", "5", "+OK", "[]"}));
}

TEST(ReplyBuilder, keeps_the_memory_of_like_replies) {
  ReplyBuilder builder;
  const std::string name(100, 'k');
  const auto page = [&] {
    builder.array_begins();
    for (int i = 0; i < 50; ++i) builder.text(name);
    builder.array_ends();
  };
  page();
  const char* before = builder.reply().items[49].text.data();
  builder.integer(7);
  page();
  EXPECT_EQ(builder.reply().items[49].text.data(), before);
}

TEST(Reply, names_an_error_by_its_first_word) {
  Reply reply;
  EXPECT_EQ(reply.error_prefix(), "");
  reply.kind = Reply::Kind::error;
  reply.text = "NOPERM this user has no permissions script: abc, on @user_script:1.";
  EXPECT_EQ(reply.error_prefix(), "NOPERM");
  reply.text = "ERR";
  EXPECT_EQ(reply.error_prefix(), "ERR");
  reply.text = "MISCONF: disk";
  EXPECT_EQ(reply.error_prefix(), "MISCONF");
}

}  // namespace
}  // namespace headroom::wire
