#include "base/glob.h"

#include <gtest/gtest.h>

#include "kit/redis_cli.h"

namespace headroom {
namespace {

// The server's own answer to every pair of these.
const std::vector<std::string> names{"a",     "ab",  "abc",  "aXc",         "a*c",    "a?c",   "[",
                                     "]",     "a]",  "a-",   "-",           "^",      "b^",    "\\",
                                     "a\\b",  "q:1", "q:12", "q:x",         "Q:1",    "hello", "hallo",
                                     "hxllo", "aaa", "aaaa", "user:7:jobs", "user::", "[a]",   "z]"};
const std::vector<std::string> patterns{
    "*",        "a",         "a*",        "*a",      "a?c",      "a\\?c",   "a\\*c",  "h[ae]llo",
    "h[^e]llo", "h[a-b]llo", "h[b-a]llo", "[",       "[a",       "a[",      "[]",     "[^]",
    "[^a]",     "[a-]",      "[a-",       "[-a]",    "\\",       "\\\\",    "a\\",    "a\\\\b",
    "[\\]]",    "[\\]",      "[a\\-z]",   "[]a]",    "**",       "*?*",     "?",      "??",
    "*:*",      "q:[0-9]",   "q:[0-9]*",  "[A-Z]:*", "user:*:*", "user:*:", "*a*a*a", "[[]a[]]",
    "[^^]",     "[a^]",      "b[^]",      "*]",      "?[]]",     ""};

TEST(Glob, answers_as_the_server_does) {
  const test::RedisServer server;
  for (const auto& name : names) test::redis_cli(server, {"SET", name, "1"});
  for (const auto& pattern : patterns) {
    const auto found = "\n" + test::redis_cli(server, {"--raw", "KEYS", pattern}) + "\n";
    for (const auto& name : names)
      EXPECT_EQ(glob_matches(pattern, name), found.find("\n" + name + "\n") != std::string::npos)
          << "pattern " << pattern << ", name " << name;
  }
}

TEST(Glob, compares_bytes_and_knows_no_characters) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(glob_matches("a?b"sv, "a\0b"sv));
  EXPECT_TRUE(glob_matches("\xff*"sv, "\xff\xfe"sv));
  EXPECT_TRUE(glob_matches("[\x80-\xff]"sv, "\xe4"sv));
  EXPECT_FALSE(glob_matches("?"sv, "\xc3\xa4"sv));
}

TEST(Glob, does_not_grow_beyond_the_product_of_the_lengths) {
  // 2^30 ways for one that goes back to every star.
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "*b", std::string(100'000, 'a')));
}

}  // namespace
}  // namespace headroom
