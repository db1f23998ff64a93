#include "family/shape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "family/family.h"
#include "family/slow_shape.h"

namespace headroom::family {
namespace {

Shape shape(std::string_view text) {
  auto program = Shape::compile(text);
  EXPECT_TRUE(program) << text;
  return *program;
}

bool fits(std::string_view text, std::string_view name) { return shape(text).fit(name).has_value(); }

TEST(AShape, without_placeholders_is_the_name_itself) {
  EXPECT_TRUE(fits("rq:queues", "rq:queues"));
  EXPECT_FALSE(fits("rq:queues", "rq:queues2"));
  EXPECT_FALSE(fits("rq:queues", "xrq:queues"));
  EXPECT_FALSE(fits("rq:queues", ""));
}

TEST(AShape, knows_digits_hex_and_uuids) {
  EXPECT_TRUE(fits("job:{n}", "job:0123"));
  EXPECT_FALSE(fits("job:{n}", "job:"));
  EXPECT_FALSE(fits("job:{n}", "job:12a"));
  EXPECT_TRUE(fits("h:{hex}", "h:0a1B2c3D"));
  EXPECT_FALSE(fits("h:{hex}", "h:0a1b2c3"));
  EXPECT_TRUE(fits("{uuid}", "0a2cc1e2-31ec-44c7-8416-496b75b3ec80"));
  EXPECT_FALSE(fits("{uuid}", "0a2cc1e2-31ec-44c7-8416-496b75b3ec8"));
  EXPECT_FALSE(fits("{uuid}", "0a2cc1e2_31ec-44c7-8416-496b75b3ec80"));
  EXPECT_TRUE(fits("{uuid3}", "07e0e1e6-5792-3269-9d77-38678ee6eef7"));
  EXPECT_FALSE(fits("{uuid3}", "0a2cc1e2-31ec-44c7-8416-496b75b3ec80"));
}

TEST(AShape, ends_an_id_at_a_colon_and_any_at_nothing) {
  EXPECT_TRUE(fits("a:{id}", "a:b\nc"));
  EXPECT_FALSE(fits("a:{id}", "a:b:c"));
  EXPECT_TRUE(fits("a:{any}", "a:b:c"));
  EXPECT_FALSE(fits("a:{any}", "a:"));
  EXPECT_TRUE(fits("a:{any}:z", "a:b:z:z"));
}

TEST(AShape, takes_a_doubled_brace_for_a_brace) {
  EXPECT_TRUE(fits("{{tag}}:{n}", "{tag}:7"));
  EXPECT_FALSE(fits("{{tag}}:{n}", "{{tag}}:7"));
}

TEST(AShape, reads_the_root_as_long_as_it_can_be) {
  EXPECT_EQ(shape("{root}:wait").fit("bull:wait:wait"), 9U);
  EXPECT_EQ(shape("{root}:{any}").fit("bull:mail:7"), 9U);
  EXPECT_EQ(shape("{root}:repeat:{any}:{n}").fit("bull:repeat:repeat:x:7"), 11U);
  EXPECT_EQ(shape("{root}:wait").fit(":wait"), std::nullopt);
  EXPECT_EQ(shape("{root}_db_{any}").fit("a_db_b_db_c"), 6U);
}

TEST(AShape, reads_the_prefix_as_short_as_it_can_be) {
  EXPECT_EQ(shape("{prefix}unacked").fit("unacked"), 0U);
  EXPECT_EQ(shape("{prefix}unacked").fit("app1:unacked"), 5U);
  EXPECT_EQ(shape("{prefix}_k_{any}").fit("a_k_b_k_c"), 1U);
  EXPECT_EQ(shape("{prefix}{n}.x").fit("a12.x"), 1U);
}

TEST(AShape, is_binary_safe) {
  const std::string sep("\x06\x16");
  EXPECT_TRUE(fits("{prefix}{any}\x06\x16{n}", "mail" + sep + "3"));
  EXPECT_FALSE(fits("{prefix}{any}\x06\x16{n}", "mail" + sep));
  const std::string nul("a\0b:\xff\n", 6);
  EXPECT_EQ(shape("{root}:{any}").fit(nul), 3U);
  EXPECT_TRUE(fits("{any}", std::string(1, '\0')));
}

TEST(AShape, that_is_wrong_is_refused_with_the_reason) {
  const auto refusal = [](std::string_view text) {
    const auto program = Shape::compile(text);
    return program ? std::string("compiled") : program.error().what;
  };
  EXPECT_EQ(refusal("a:{nn}"), "the shape is wrong: no placeholder is called {nn}");
  EXPECT_EQ(refusal("a:{n"),
            "the shape is wrong: a '{' without '}'; a brace that belongs to the name is doubled");
  EXPECT_EQ(refusal("a:n}"),
            "the shape is wrong: a '}' without '{'; a brace that belongs to the name is doubled");
  EXPECT_EQ(refusal("a:{root}"), "the shape is wrong: {root} stands at the start or not at all");
  EXPECT_EQ(refusal("{root}"), "the shape is wrong: nothing but a lead; it needs the text that follows");
  EXPECT_EQ(refusal(""), "the shape is wrong: nothing but a lead; it needs the text that follows");
  EXPECT_EQ(refusal(std::string(256, 'x')), "the shape is wrong: longer than 255 bytes");
  EXPECT_EQ(refusal(std::string(255, 'x')), "compiled");
}

// Names are made of the shape's own material, so that about half of them fit or nearly do.
std::string name_like(std::string_view text, std::mt19937& random) {
  static const std::vector<std::string> bits = {"7",         "12",
                                                ":",         "a",
                                                "-",         "0a2cc1e2-31ec-34c7-8416-496b75b3ec80",
                                                "deadbeef0", "{",
                                                "}",         std::string(1, '\0'),
                                                "\x06\x16",  "x:y"};
  std::string name;
  for (const auto& piece : test::slow_pieces(text)) {
    if (random() % 12 == 0) continue;
    if (piece.placeholder.empty())
      name += piece.literal;
    else
      for (auto n = 1 + random() % 2; n > 0; --n) name += bits[random() % bits.size()];
  }
  return name.substr(0, 80);
}

TEST(AShape, agrees_with_the_slow_reading_on_all_known_families) {
  std::mt19937 random(7);
  std::size_t fitting = 0;
  for (const Family& family : known_families())
    for (const KeyShape& known : family.shapes) {
      const auto program = shape(known.shape);
      for (int i = 0; i < 12; ++i) {
        const auto name = name_like(known.shape, random);
        const auto expected = test::slow_fit(known.shape, name);
        fitting += expected ? 1 : 0;
        EXPECT_EQ(program.fit(name), expected) << known.shape << " on " << name;
        EXPECT_TRUE(!expected || name.empty() || program.may_end_in(name.back()))
            << known.shape << " on " << name;
      }
    }
  EXPECT_GT(fitting, 500U);
}

TEST(AShape, agrees_with_the_slow_reading_where_placeholders_meet) {
  std::mt19937 random(11);
  for (const auto* text :
       {"{n}{n}", "{id}{any}{n}", "{root}{id}:{any}", "{prefix}{hex}-{hex}", "{any}:{any}:{any}",
        "{prefix}{any}{n}", "{root}:{id}{n}:{n}-{n}", "{root}{{{any}}}", "{uuid}{hex}"}) {
    const auto program = shape(text);
    for (int i = 0; i < 300; ++i) {
      const auto name = name_like(text, random);
      EXPECT_EQ(program.fit(name), test::slow_fit(text, name)) << text << " on " << name;
    }
  }
}

// F12. Not timed: were any of these quadratic, the test would take minutes instead of well under a second.
TEST(AShape, reads_a_name_of_64_KB_in_one_pass) {
  const std::string colons(65536, ':');
  const std::string digits(65536, '7');
  std::string half_words;
  while (half_words.size() < 65536) half_words += "_kombu.binding";
  for (const auto* text : {"{root}:{any}:{any}:{any}:x", "{prefix}_kombu.binding.{any}",
                           "{root}:{n}{n}{n}{n}:", "{any}:{id}{id}{id}{any}", "{prefix}{n}{n}{n}a"}) {
    const auto program = shape(text);
    for (int i = 0; i < 20; ++i)
      for (const auto& name : {colons, digits, half_words}) program.fit(name);
  }
  EXPECT_EQ(shape("{root}:{id}").fit(colons + "x"), 65535U);
  EXPECT_EQ(shape("{prefix}{n}").fit(digits), 0U);
}

}  // namespace
}  // namespace headroom::family
