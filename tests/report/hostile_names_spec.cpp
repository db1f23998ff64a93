#include <gtest/gtest.h>

#include <random>

#include "base/character.h"
#include "base/text.h"
#include "report/audit_report.h"
#include "report/queues_report.h"
#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::string_literals;
using report::Format;
using test::rendered;

const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> names{"line\nbreak",
                                              "carriage\rreturn",
                                              "nul\0byte"s,
                                              "tab\there",
                                              "say \"hello\"",
                                              "it's",
                                              "C:\\new\\x41",
                                              "two words",
                                              " leading",
                                              "trailing ",
                                              "",
                                              "\x1b]0;owned\x07",
                                              "\x1b]52;c;cm0gLXJmIC8K\x07",
                                              "\x1b[2J\x1b[H",
                                              "\xc2\x9b"
                                              "31m",
                                              "user\xe2\x80\xaetxt.exe",
                                              "zero\xe2\x80\x8bwidth",
                                              "\xef\xbb\xbf"
                                              "bom",
                                              "\xf0\x9f\x9a\x9a delivery",
                                              "e\xcc\x81",
                                              "\xcc\x81",
                                              "a\xe2\x80\xa8"
                                              "b",
                                              "\xff\xfe\x80"
                                              "bad",
                                              "\xc0\xaf",
                                              "\xed\xa0\x80",
                                              "cut\xf0\x9f\x9a",
                                              "=cmd|' /C calc'!A0",
                                              "+1",
                                              "-x",
                                              "@x",
                                              "\t=1",
                                              "--help",
                                              "<img src=x onerror=alert(1)>",
                                              "</script><script>alert(1)</script>",
                                              "[x](javascript:alert(1))|a|b",
                                              "a\"} 1\nfake{b=\"",
                                              "{\"a\":[1,\"",
                                              "%s%n%00",
                                              "a,b;c",
                                              "12345",
                                              "null",
                                              "bull:\n:wait",
                                              "'quoted",
                                              "\x7f",
                                              "\xc2\x85",
                                              std::string(70000, '\x01')};
  return names;
}

// The name wherever a report can have one.
Report holding(const std::string& name) {
  Report report{"headroom.sample/1", "About " + name};
  report.facts = {{"owner", KeyName{name}}, {"text", name}, {"in", Object{{"key", KeyName{name}}}, name}};
  Table table{
      "keys", name, {{"key", name}, {"text", "Text"}, {"more", "More", true, true}, {"parts", "parts"}}};
  table.rows = {
      {KeyName{name}, name, List{KeyName{name}}, List{Object{{"role", name}, {"key", KeyName{name}}}}}};
  table.note = name;
  report.tables = {table};
  report.notes = {name};
  return report;
}

// REP-1: no byte of a name may act on whoever shows the output.
void expect_harmless(std::string text, Format format) {
  ASSERT_TRUE(is_utf8(text));
  if (format == Format::csv)
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) text.replace(at, 2, "\n");
  for (std::size_t at = 0; at < text.size();) {
    const Character character = read_character(std::string_view(text).substr(at));
    ASSERT_FALSE(is_unseen(character.code) && character.code != '\n')
        << escaped(std::string_view(text).substr(at, 40));
    at += character.length;
  }
}

class HostileNames : public testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(Every, HostileNames,
                         testing::Values(Format::text, Format::json, Format::ndjson, Format::csv,
                                         Format::markdown));

TEST_P(HostileNames, F08_REP_1_never_reach_the_output_raw) {
  for (const std::string& name : hostile_names())
    expect_harmless(rendered(holding(name), GetParam()), GetParam());
}
TEST_P(HostileNames, F08_REP_1_of_any_bytes_never_reach_the_output_raw) {
  std::mt19937 random(42);
  for (int round = 0; round < 400; ++round) {
    std::string name(random() % 24, '\0');
    for (char& c : name) c = static_cast<char>(random() % 256);
    name += hostile_names()[random() % (hostile_names().size() - 1)];
    expect_harmless(rendered(holding(name), GetParam(), {.width = 60}), GetParam());
  }
}
TEST_P(HostileNames, cannot_add_a_line) {
  const auto lines = [&](const std::string& name) {
    return test::lines_of(rendered(holding(name), GetParam())).size();
  };
  EXPECT_EQ(lines("line\nbreak\r\nand\xe2\x80\xa8"
                  "more"),
            lines("plain"));
}

TEST(HostileNamesInJson, F08_round_trip_exactly) {
  for (const std::string& name : hostile_names()) {
    const test::Json json = test::json_of(holding(name));
    EXPECT_EQ(test::exact_name(json, "owner"), name);
    EXPECT_EQ(test::exact_name(json["in"], "key"), name);
    EXPECT_EQ(test::exact_name(json["keys"][0], "key"), name);
    EXPECT_EQ(test::exact_name(json["keys"][0]["more"][0], "key"), name);
    EXPECT_EQ(test::exact_name(json["keys"][0]["parts"][0], "key"), name);
    EXPECT_EQ(json["keys"][0].contains("key_base64"), !is_utf8(name));
  }
}
TEST(HostileNamesInNdjson, F08_round_trip_exactly) {
  for (const std::string& name : hostile_names()) {
    const auto lines = test::lines_of(rendered(holding(name), Format::ndjson));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(test::exact_name(test::Json::parse(lines[0]), "owner"), name);
    EXPECT_EQ(test::exact_name(test::Json::parse(lines[1]), "key"), name);
  }
}
TEST(HostileNamesInCsv, F08_F10_round_trip_exactly_and_start_no_formula) {
  for (const std::string& name : hostile_names()) {
    Report report = holding(name);
    report.tables[0].columns[0].name = "key";
    const auto records = test::csv_records(rendered(report, Format::csv));
    ASSERT_EQ(records.size(), 2U);
    ASSERT_EQ(records[0].size(), records[1].size());
    const std::string& cell = records[1][0];
    const std::string& coded = records[1][1];
    EXPECT_EQ(coded.empty() ? cell : test::base64_decoded(coded), name);
    if (!cell.empty()) {
      EXPECT_EQ(std::string("=+-@").find(cell[0]), std::string::npos) << cell;
    }
  }
}
TEST(HostileNamesInMarkdown, keep_to_their_cell) {
  for (const std::string& name : hostile_names()) {
    Report report{"headroom.sample/1", "T"};
    report.tables = {{"t", "T", {{"key", "Key"}, {"n", "N"}}, {{KeyName{name}, std::int64_t{1}}}}};
    const std::string row = test::lines_of(rendered(report, Format::markdown)).at(6);
    int bars = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] == '\\')
        ++i;
      else if (row[i] == '|')
        ++bars;
      else
        EXPECT_TRUE(row[i] != '<' && row[i] != '>') << row;
    }
    EXPECT_EQ(bars, 3) << row;
  }
}

TEST(HostileNamesInReports, F08_owners_patterns_keys_and_examples_are_names_and_not_sentences) {
  const std::string name = "bull:\xff\x1b[31m";
  Survey survey;
  survey.owners = {{.family = "bullmq", .owner = name}};
  survey.patterns = {{.pattern = name, .example = name}};
  survey.biggest = {{.key = name}};
  survey.debris = {{.kind = "k", .owner = name, .examples = {name}}};
  const test::Json json = test::json_of(report::audit_report(survey));
  EXPECT_EQ(test::exact_name(json["owners"][0], "owner"), name);
  EXPECT_EQ(test::exact_name(json["patterns"][0], "pattern"), name);
  EXPECT_EQ(test::exact_name(json["patterns"][0], "example"), name);
  EXPECT_EQ(test::exact_name(json["biggest"][0], "key"), name);
  EXPECT_EQ(test::exact_name(json["debris"][0], "owner"), name);
  EXPECT_EQ(test::exact_name(json["debris"][0]["examples"][0], "key"), name);

  const std::vector<QueueState> queues{{.family = "bullmq", .owner = name}};
  EXPECT_EQ(test::exact_name(test::json_of(report::queues_report({}, queues))["queues"][0], "owner"), name);
}

}  // namespace
}  // namespace headroom
