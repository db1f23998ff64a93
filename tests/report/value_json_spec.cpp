#include "report/value_json.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/json_text.h"

namespace headroom::report {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using namespace std::string_view_literals;

StoredKey key_of(KeyType type, std::string_view name = "k") {
  StoredKey key;
  key.key = name, key.type = type;
  return key;
}

std::string written(const std::function<void(ValueJson&)>& steps) {
  std::string out;
  ValueJson json([&](std::string_view text) { out += text; });
  steps(json);
  json.finish();
  return out;
}

TEST(ValueJson, writes_each_type_in_its_form) {
  const auto collection = [](KeyType type, const std::vector<Element>& elements) {
    return written([&](ValueJson& json) {
      const auto key = key_of(type);
      json.begins(key);
      for (const auto& element : elements) json.element(key, element);
      json.ends(key);
    });
  };
  const auto head = [](const std::string& type) {
    return R"({"key":"k","db":0,"type":")" + type + R"(","value":)";
  };
  EXPECT_EQ(collection(KeyType::string, {{"v"}}), head("string") + "\"v\"}\n");
  EXPECT_EQ(collection(KeyType::string, {{""}}), head("string") + "\"\"}\n");
  EXPECT_EQ(collection(KeyType::list, {{"a"}, {"b"}}), head("list") + R"(["a","b"]})"
                                                                      "\n");
  EXPECT_EQ(collection(KeyType::set, {}), head("set") + "[]}\n");
  EXPECT_EQ(collection(KeyType::hash, {{"f", "v"}, {"f", "w"}}), head("hash") + R"([["f","v"],["f","w"]]})"
                                                                                "\n");
  EXPECT_EQ(collection(KeyType::hash, {{"f", "v", 0, std::chrono::milliseconds(4102444800123)}, {"g", "w"}}),
            head("hash") + R"([["f","v","2100-01-01T00:00:00.123Z"],["g","w"]]})"
                           "\n");
  EXPECT_EQ(
      collection(KeyType::zset, {{"a", "", 1.5}, {"b", "", 17}, {"c", "", HUGE_VAL}, {"d", "", -HUGE_VAL}}),
      head("zset") + R"([["a",1.5],["b",17],["c","inf"],["d","-inf"]]})"
                     "\n");
  EXPECT_EQ(collection(KeyType::module, {}), head("module") + "null}\n");
}

TEST(ValueJson, bytes_that_are_no_text_are_base64) {
  const auto key = key_of(KeyType::list, "\xff\"");
  const auto json = Json::parse(written([&](ValueJson& out) {
    out.begins(key);
    out.element(key, {"\x00\xff"sv});
    out.element(key, {"{\"base64\":\"\"}"});
    out.ends(key);
  }));
  EXPECT_EQ(json["key_base64"], "/yI=");
  EXPECT_EQ(json["value"][0]["base64"], "AP8=");
  EXPECT_EQ(json["value"][1], "{\"base64\":\"\"}");
}

TEST(ValueJson, long_texts_come_in_pieces_and_whole) {
  std::string text, bytes(200'000, '\x80');
  for (int i = 0; i < 40'000; ++i) text += "a\xe2\x82\xac\xf0\x9f\x98\x80\n";
  const auto key = key_of(KeyType::list);
  const auto json = Json::parse(written([&](ValueJson& out) {
    out.begins(key);
    out.element(key, {text});
    out.element(key, {bytes});
    out.ends(key);
  }));
  EXPECT_EQ(json["value"][0], text);
  std::string base64;
  for (int i = 0; i < 66'666; ++i) base64 += "gICA";
  EXPECT_EQ(json["value"][1]["base64"], base64 + "gIA=");
}

/// What a stream with two groups tells, in the order of the file.
std::vector<std::function<void(ValueJson&)>> stream_steps() {
  using enum StreamPiece::Kind;
  static const auto key = key_of(KeyType::stream);
  static constexpr auto id = "\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\2"sv;
  static constexpr std::array<std::string_view, 2> fields{"f", "v"};
  const auto piece = [](StreamPiece what) { return [what](ValueJson& out) { out.piece(what); }; };
  return {[](ValueJson& out) { out.begins(key); },
          piece({node, id}),
          [](ValueJson& out) { out.entry("5-2", fields); },
          [](ValueJson& out) { out.entry("5-3", fields); },
          [](ValueJson& out) { out.last_id(5, 3); },
          [](ValueJson& out) { out.group("empty", 0, 0); },
          piece({group, {}, "empty"}),
          [](ValueJson& out) { out.group("busy", 5, 3); },
          piece({group, {}, "busy"}),
          piece({pending, id, {}, 0, 4, milliseconds(1)}),
          piece({pending, id, {}, 0, 1, milliseconds(2)}),
          piece({consumer, {}, "one", 0, 0, milliseconds(3)}),
          piece({consumer_pending, id}),
          piece({consumer_pending, id}),
          piece({consumer, {}, "two", 0, 0, milliseconds(4)}),
          [](ValueJson& out) { out.group("last", 1, 1); },
          piece({consumer, {}, "three", 0, 0, milliseconds(4)}),
          [](ValueJson& out) { out.ends(key); }};
}

TEST(ValueJson, a_stream_holds_its_groups_and_they_their_consumers) {
  const auto json = Json::parse(written([](ValueJson& out) {
    for (const auto& step : stream_steps()) step(out);
  }));
  EXPECT_EQ(json["value"], Json::parse(R"({
    "entries": [["5-2", ["f", "v"]], ["5-3", ["f", "v"]]], "last_id": "5-3",
    "groups": [
      {"name": "empty", "last_id": "0-0", "pending": [], "consumers": []},
      {"name": "busy", "last_id": "5-3",
       "pending": [{"id": "5-2", "delivered_at": "1970-01-01T00:00:00.001Z", "deliveries": 4},
                   {"id": "5-2", "delivered_at": "1970-01-01T00:00:00.002Z", "deliveries": 1}],
       "consumers": [{"name": "one", "seen_at": "1970-01-01T00:00:00.003Z", "pending": ["5-2", "5-2"]},
                     {"name": "two", "seen_at": "1970-01-01T00:00:00.004Z", "pending": []}]},
      {"name": "last", "last_id": "1-1", "pending": [],
       "consumers": [{"name": "three", "seen_at": "1970-01-01T00:00:00.004Z", "pending": []}]}]})"));
  EXPECT_FALSE(json.contains("incomplete"));
}

TEST(ValueJson, is_closed_and_says_so_wherever_it_breaks_off) {
  const auto steps = stream_steps();
  for (std::size_t told = 1; told < steps.size(); ++told) {
    const auto text = written([&](ValueJson& out) {
      for (std::size_t i = 0; i < told; ++i) steps[i](out);
    });
    const auto json = Json::parse(text, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << "after " << told << " steps: " << text;
    EXPECT_EQ(json["incomplete"], true);
  }
  EXPECT_EQ(written([](ValueJson&) {}), "");
}

TEST(JsonText, is_ascii_and_reads_back_exactly) {
  std::string text;
  for (char c = 0; c >= 0; ++c) {
    text += c;
    if (c == 127) break;
  }
  text += "\xc2\x85\xe2\x80\xae\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
  std::string out;
  append_json_text(out, text);
  EXPECT_EQ(Json::parse(out), text);
  for (const char c : out) EXPECT_TRUE(c >= ' ' && c < 127) << out;
}

}  // namespace
}  // namespace headroom::report
