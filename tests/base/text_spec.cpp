#include "base/text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace headroom {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using namespace std::string_literals;

// Reads an escaped name back, by the rules of text.h alone.
std::string unescaped(std::string_view shown) {
  const bool quoted = shown.starts_with('"');
  if (quoted) shown = shown.substr(1, shown.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (shown[i] != '\\') {
      out += shown[i];
    } else if (shown[i + 1] == 'x') {
      out += static_cast<char>(std::stoi(std::string(shown.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else if (shown[i + 1] == 'u') {
      const std::size_t close = shown.find('}', i);
      const auto code = static_cast<std::uint32_t>(
          std::stoul(std::string(shown.substr(i + 3, close - i - 3)), nullptr, 16));
      if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
      } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
      } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
      }
      out += static_cast<char>(0x80U | (code & 0x3FU));
      i = close;
    } else {
      out += shown[i + 1];
      i += 1;
    }
  }
  return out;
}

std::string random_bytes(std::mt19937& random) {
  // Pieces that meet each other at awkward places find more than uniform bytes do.
  static const std::vector<std::string> pieces{"a",
                                               "\\",
                                               "\"",
                                               " ",
                                               "\x1b]0;",
                                               "\x07",
                                               "\xc2\x9b",
                                               "\xe2\x80\xae",
                                               "\xcc\x81",
                                               "\xf0\x9f",
                                               "\xf0\x9f\x9a\x9a",
                                               "\xff",
                                               "\n",
                                               "\xed\xa0\x80",
                                               "x41",
                                               "{",
                                               "\xe2\x80\x8b",
                                               "\x7f",
                                               std::string(1, '\0'),
                                               "\xc0\xaf",
                                               "\xf4\x90\x80\x80",
                                               "\xe3\x80\x80",
                                               "é"};
  std::string out;
  const std::size_t count = random() % 12;
  for (std::size_t i = 0; i < count; ++i)
    out += random() % 4 == 0 ? std::string(1, static_cast<char>(random() % 256))
                             : pieces[random() % pieces.size()];
  return out;
}

TEST(EscapeForTerminal, F08_leaves_ordinary_names_alone) {
  EXPECT_EQ(escape_for_terminal("bull:mail:completed"), "bull:mail:completed");
  EXPECT_EQ(escape_for_terminal("_kombu.binding.celery"), "_kombu.binding.celery");
  EXPECT_EQ(escape_for_terminal("it's,{a}[b]*?%s$(id)`id`"), "it's,{a}[b]*?%s$(id)`id`");
}
TEST(EscapeForTerminal, F08_keeps_printable_characters_of_every_script) {
  EXPECT_EQ(escape_for_terminal("\xf0\x9f\x9a\x9a"), "\xf0\x9f\x9a\x9a");
  EXPECT_EQ(escape_for_terminal("größe:尺寸:e\xcc\x81"), "größe:尺寸:e\xcc\x81");
}
TEST(EscapeForTerminal, F08_shows_control_bytes_and_escape_sequences) {
  EXPECT_EQ(escape_for_terminal("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07");
  EXPECT_EQ(escape_for_terminal("line\nbreak"), "line\\x0abreak");
  EXPECT_EQ(escape_for_terminal("nul\0byte"s), "nul\\x00byte");
  EXPECT_EQ(escape_for_terminal("\x7f"), "\\x7f");
}
TEST(EscapeForTerminal, F08_shows_C1_controls_that_hide_in_valid_utf8) {
  EXPECT_EQ(escape_for_terminal("\xc2\x9b\x33\x31m"), "\\u{9b}31m");
}
TEST(EscapeForTerminal, F08_shows_direction_marks_and_invisible_characters) {
  EXPECT_EQ(escape_for_terminal("user\xe2\x80\xaetxt.exe"), "user\\u{202e}txt.exe");
  EXPECT_EQ(escape_for_terminal("zero\xe2\x80\x8bwidth"), "zero\\u{200b}width");
  EXPECT_EQ(escape_for_terminal("\xef\xbb\xbf"
                                "bom"),
            "\\u{feff}bom");
  EXPECT_EQ(escape_for_terminal("a\xc2\xa0"
                                "b"),
            "a\\u{a0}b");
  EXPECT_EQ(escape_for_terminal("a\xe2\x80\xa8"
                                "b"),
            "a\\u{2028}b");
  EXPECT_EQ(escape_for_terminal("\xf3\xa0\x81\x81"), "\\u{e0041}");
}
TEST(EscapeForTerminal, F08_shows_bytes_that_are_not_utf8_one_by_one) {
  EXPECT_EQ(escape_for_terminal("\xff\xfe\x80"
                                "bad"),
            "\\xff\\xfe\\x80bad");
  EXPECT_EQ(escape_for_terminal("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(escape_for_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escape_for_terminal("cut\xf0\x9f\x9a"), "cut\\xf0\\x9f\\x9a");
  EXPECT_EQ(escape_for_terminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}
TEST(EscapeForTerminal, does_not_let_a_mark_draw_on_what_stands_before_the_name) {
  EXPECT_EQ(escape_for_terminal("\xcc\x81x"), "\\u{301}x");
  EXPECT_EQ(escape_for_terminal("\n\xcc\x81"), "\\x0a\\u{301}");
}
TEST(EscapeForTerminal, tells_a_backslash_in_a_name_from_one_of_its_own) {
  EXPECT_EQ(escape_for_terminal("C:\\new\\x41"), "C:\\\\new\\\\x41");
}
TEST(EscapeForTerminal, quotes_only_what_would_be_misread) {
  EXPECT_EQ(escape_for_terminal(""), "\"\"");
  EXPECT_EQ(escape_for_terminal("two words"), "\"two words\"");
  EXPECT_EQ(escape_for_terminal(" leading"), "\" leading\"");
  EXPECT_EQ(escape_for_terminal("say \"hello\""), "\"say \\\"hello\\\"\"");
  EXPECT_EQ(escape_for_terminal("\"x"), "\"\\\"x\"");
  EXPECT_EQ(escape_for_terminal("a\"b"), "a\"b");
}
TEST(EscapeForTerminal, F08_any_bytes_read_back_exactly_and_never_reach_the_terminal_raw) {
  std::mt19937 random(20240501);
  for (int round = 0; round < 20000; ++round) {
    const std::string bytes = random_bytes(random);
    for (const std::string& shown : {escape_for_terminal(bytes), escaped(bytes)}) {
      ASSERT_TRUE(is_utf8(shown));
      for (const char c : shown) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << shown;
      ASSERT_EQ(shown.find("\xc2\x9b"), std::string::npos);
      ASSERT_EQ(shown.find("\xe2\x80\xae"), std::string::npos);
    }
    ASSERT_EQ(unescaped(escape_for_terminal(bytes)), bytes) << escape_for_terminal(bytes);
  }
}

TEST(Printable, makes_a_sentence_safe_and_is_the_same_the_second_time) {
  EXPECT_EQ(printable("key \x1b[2J of a\\x0ab"), "key \\x1b[2J of a\\x0ab");
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::string once = printable(random_bytes(random));
    ASSERT_EQ(printable(once), once);
  }
}

TEST(IsUtf8, accepts_what_RFC_3629_accepts) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\0b"s));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xee\x80\x80"));
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xbf\xbf",
                          "\xf5\x80\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Base64, follows_the_test_vectors_of_RFC_4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff\0"s), "+/8A");
}

TEST(Fingerprint, is_XXH3_as_its_authors_publish_it) {
  EXPECT_EQ(fingerprint(""), "2d06800538d394c2");  // XXH3_64bits of nothing, xxHash's own test vector
  EXPECT_NE(fingerprint("a"), fingerprint("b"));
}

TEST(DisplayWidth, counts_columns_and_not_bytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("größe"), 5U);
  EXPECT_EQ(display_width("尺寸"), 4U);
  EXPECT_EQ(display_width("\xf0\x9f\x9a\x9a"), 2U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);
  EXPECT_EQ(display_width("\xff"), 1U);
  EXPECT_EQ(display_width("한글"), 4U);
  EXPECT_EQ(display_width("±…"), 2U);
}

TEST(TruncateMiddle, keeps_both_ends_since_names_differ_at_both) {
  EXPECT_EQ(truncate_middle("bull:mail:17", 12), "bull:mail:17");
  EXPECT_EQ(truncate_middle("bull:mail:17", 7), "bul…:17");
  EXPECT_EQ(truncate_middle("bull:mail:17", 8), "bull…:17");
  EXPECT_EQ(truncate_middle("abc", 1), "…");
  EXPECT_EQ(truncate_middle("abc", 0), "");
}
TEST(TruncateMiddle, never_takes_more_than_its_columns_or_cuts_a_character) {
  EXPECT_EQ(truncate_middle("尺寸尺寸", 6), "尺…寸");
  EXPECT_EQ(truncate_middle("ae\xcc\x81"
                            "bbbbe\xcc\x81z",
                            5),
            "ae\xcc\x81…e\xcc\x81z");
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = escaped(random_bytes(random));
    const std::size_t width = random() % 20;
    const std::string cut = truncate_middle(text, width);
    ASSERT_TRUE(is_utf8(cut));
    ASSERT_LE(display_width(cut), width);
  }
}

TEST(Wrap, breaks_at_blanks) {
  EXPECT_EQ(wrap("no limit at all", 0), (std::vector<std::string>{"no limit at all"}));
  EXPECT_EQ(wrap("the job is done", 8), (std::vector<std::string>{"the job", "is done"}));
  EXPECT_EQ(wrap("", 8), (std::vector<std::string>{""}));
}
TEST(Wrap, breaks_a_word_that_is_longer_than_a_line) {
  EXPECT_EQ(wrap("a celery-task-meta", 6), (std::vector<std::string>{"a", "celery", "-task-", "meta"}));
}

TEST(HumanBytes, shows_three_digits_in_binary_units_as_redis_does) {
  EXPECT_EQ(human_bytes({0}), "0 B");
  EXPECT_EQ(human_bytes({1023}), "1023 B");
  EXPECT_EQ(human_bytes({1024}), "1.00 KiB");
  EXPECT_EQ(human_bytes({1536}), "1.50 KiB");
  EXPECT_EQ(human_bytes({5669356831}), "5.28 GiB");  // A1: what redis calls 5.28G
  EXPECT_EQ(human_bytes({157286400}), "150 MiB");
  EXPECT_EQ(human_bytes({10737418240}), "10.0 GiB");
  EXPECT_EQ(human_bytes({UINT64_MAX}), "16.0 EiB");
}
TEST(HumanBytes, goes_to_the_next_unit_rather_than_to_four_digits) {
  EXPECT_EQ(human_bytes({1024 * 1023}), "1023 KiB");
  EXPECT_EQ(human_bytes({1024 * 1024 - 1}), "1.00 MiB");
  EXPECT_EQ(human_bytes({10239}), "10.0 KiB");
  EXPECT_EQ(human_bytes({102399}), "100 KiB");
}

TEST(HumanCount, groups_by_three) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1 000");
  EXPECT_EQ(human_count(3712004), "3 712 004");
  EXPECT_EQ(human_count(UINT64_MAX), "18 446 744 073 709 551 615");
}

TEST(HumanShare, never_rounds_to_a_claim_that_is_not_true) {
  EXPECT_EQ(human_share(0), "0 %");
  EXPECT_EQ(human_share(0.25), "25 %");
  EXPECT_EQ(human_share(0.985), "98.5 %");
  EXPECT_EQ(human_share(1), "100 %");
  EXPECT_EQ(human_share(1.319), "131.9 %");
  EXPECT_EQ(human_share(0.0004), "<0.1 %");
  EXPECT_EQ(human_share(0.9999), ">99.9 %");
}

TEST(HumanDuration, shows_the_two_largest_units) {
  EXPECT_EQ(human_duration(0ms), "0 s");
  EXPECT_EQ(human_duration(350ms), "350 ms");
  EXPECT_EQ(human_duration(4200ms), "4.2 s");
  EXPECT_EQ(human_duration(45s), "45 s");
  EXPECT_EQ(human_duration(60s), "1 min");
  EXPECT_EQ(human_duration(303s), "5 min 3 s");
  EXPECT_EQ(human_duration(1h), "1 h");
  EXPECT_EQ(human_duration(74h + 30min), "3 d 2 h");
  EXPECT_EQ(human_duration(24h + 59min), "1 d");
  EXPECT_EQ(human_duration(-45s), "-45 s");
  EXPECT_EQ(human_duration(milliseconds::min()).front(), '-');
}

TEST(Instants, are_in_UTC_whatever_the_machine_thinks) {
  const milliseconds moment{1714566896000};  // date -u -d @1714566896
  EXPECT_EQ(human_instant(moment), "2024-05-01 12:34:56 UTC");
  EXPECT_EQ(iso_instant(moment), "2024-05-01T12:34:56Z");
  EXPECT_EQ(iso_instant(moment + 7ms), "2024-05-01T12:34:56.007Z");
}
TEST(Instants, of_strangers_may_hold_any_number) {
  EXPECT_EQ(iso_instant(milliseconds::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(iso_instant(milliseconds::min()), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace headroom
