#include "base/value_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headroom {
namespace {

using std::chrono::milliseconds;

TEST(JsonText, is_the_field_of_the_object_itself) {
  EXPECT_EQ(json_text(R"({"a": "1", "b": "2"})", "b"), "2");
  EXPECT_EQ(json_text(R"( {"a":{"b":"x","c":[{"b":"y"},"}]"]},"b":"2"} )", "b"), "2");
  EXPECT_EQ(json_text(R"({"a": ["b", "x"], "n": -1.5e3, "t": true, "b": "q\"\\"})", "b"), R"(q\"\\)");
  EXPECT_EQ(json_text(R"({"x": "\\", "b": "2"})", "b"), "2");
  EXPECT_EQ(json_text(R"({"x": "\"b\": \"no\"", "b": "2"})", "b"), "2");
}

TEST(JsonValue, is_whatever_stands_behind_the_colon) {
  constexpr std::string_view json = R"({"o": {"a": "}"}, "l" : [1, "]"] , "n": -1.5 ,"t": "x\"y","z":null})";
  EXPECT_EQ(json_value(json, "o"), R"({"a": "}"})");
  EXPECT_EQ(json_value(json, "l"), R"([1, "]"])");
  EXPECT_EQ(json_value(json, "n"), "-1.5");
  EXPECT_EQ(json_value(json, "t"), R"("x\"y")");
  EXPECT_EQ(json_value(json, "z"), "null");
  EXPECT_FALSE(json_value(json, "a"));
  EXPECT_FALSE(json_value(R"({"o": {"a": 1)", "o"));
}

TEST(JsonItems, are_those_of_the_array_itself) {
  using testing::ElementsAre;
  EXPECT_THAT(json_items(R"([{"a": [1, 2]}, "", "x,y", 3 ])", 4),
              ElementsAre(R"({"a": [1, 2]})", "\"\"", "\"x,y\"", "3"));
  EXPECT_THAT(json_items("[1, 2, 3]", 2), testing::IsEmpty());
  EXPECT_THAT(json_items("[1, 2", 4), testing::IsEmpty());
  EXPECT_THAT(json_items("[]", 4), testing::IsEmpty());
  EXPECT_THAT(json_items("{}", 4), testing::IsEmpty());
}

TEST(JsonText, is_missing_where_there_is_none) {
  EXPECT_FALSE(json_text(R"({"a": {"b": "x"}})", "b"));
  EXPECT_FALSE(json_text(R"({"b": null})", "b"));
  EXPECT_FALSE(json_text(R"(["b", "x"])", "b"));
  EXPECT_FALSE(json_text("", "b"));
  EXPECT_FALSE(json_text("\x80\x04\x95", "b"));
}

TEST(JsonText, ends_on_bytes_that_are_no_json) {
  for (const std::string_view broken :
       {R"({"a)", R"({"a":)", R"({"a": "x)", R"({"a": "x\)", R"({"a": [)", R"({"a": [")", R"({"a" "b": "2"})",
        R"({"a": 1 "b": "2"})", R"({"b": "2\")"})
    EXPECT_FALSE(json_text(broken, "b")) << broken;
  EXPECT_FALSE(json_text(R"({"a": )" + std::string(1 << 20, '['), "b"));
}

// Expected numbers: date -u -d '...' +%s
TEST(JsonText, is_found_behind_texts_of_any_length_with_any_escape_in_them) {
  for (std::size_t before = 0; before < 20; ++before)
    for (std::size_t behind = 0; behind < 20; ++behind)
      for (const std::string escape : {"", R"(\")", R"(\\)", R"(\", \"d\": \"no)"}) {
        const auto text = std::string(before, '#') + escape + std::string(behind, '\x80');
        EXPECT_EQ(json_text(R"({"a": ")" + text + R"(", "d": "yes"})", "d"), "yes") << text;
        EXPECT_EQ(json_text(R"({"d": ")" + text + R"("})", "d"), text);
        EXPECT_EQ(json_text(R"({"a": ")" + text, "d"), std::nullopt) << text;
      }
}

TEST(AnInstant, is_read_with_and_without_fraction_and_offset) {
  EXPECT_EQ(instant_of("2026-11-21T04:47:16.695318"), milliseconds(1795236436695));
  EXPECT_EQ(instant_of("2026-11-21T04:47:16"), milliseconds(1795236436000));
  EXPECT_EQ(instant_of("2026-11-21T04:47:16Z"), milliseconds(1795236436000));
  EXPECT_EQ(instant_of("2026-11-21T04:47:16.5+05:30"), milliseconds(1795216636500));
  EXPECT_EQ(instant_of("2026-11-20 23:47:16-05:00"), milliseconds(1795236436000));
  EXPECT_EQ(instant_of("2026-11-20T23:47:16-0500"), milliseconds(1795236436000));
  EXPECT_EQ(instant_of("2024-02-29T00:00:00.123Z"), milliseconds(1709164800123));
}

TEST(AnInstant, is_not_made_of_anything_else) {
  for (const std::string_view text : {"", "null", "2026-11-21", "2026-11-21T04:47", "2026-02-30T00:00:00",
                                      "2026-11-21T24:00:00", "2026-11-21T04:47:16x", "2026-11-21T04:47:16+",
                                      "2026-11-21T04:47:16+5", "2026/11/21T04:47:16", "-026-11-21T04:47:16"})
    EXPECT_FALSE(instant_of(text)) << text;
}

TEST(AWord, is_found_by_its_rare_letter_wherever_it_stands) {
  EXPECT_EQ(find_word("celery-task-meta-1", "celery-task", 5), 0u);
  EXPECT_EQ(find_word("yyycelerycelery-task", "celery-task", 5), 9u);
  EXPECT_EQ(find_word("celery-tas", "celery-task", 5), std::string_view::npos);
  EXPECT_EQ(find_word("", "celery-task", 5), std::string_view::npos);
  EXPECT_EQ(find_word("y", "celery-task", 5), std::string_view::npos);
}

}  // namespace
}  // namespace headroom
