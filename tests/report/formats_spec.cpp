#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/text.h"
#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using report::Format;
using test::json_of;
using test::lines_of;
using test::rendered;

Report sample() {
  Report report{"headroom.sample/1", "Sample"};
  report.facts = {
      {"target", "redis://h:1"},
      {"complete", true, "", Audience::programs},
      {"", "5.28 GiB / 8.00 GiB (66 %)", "Memory", Audience::people},
      {"server", Object{{"version", "7.0.15"}, {"used_memory", Bytes{5669356831}}}, "", Audience::programs}};
  Table keys{
      "keys", "Keys", {{"key", "Key"}, {"bytes", "Bytes"}, {"count", "Count"}, {"seen", "Seen", false}}};
  keys.rows = {
      {KeyName{"a\xff"}, BytesEstimate{{1000, 900.4, 1100.2}}, std::int64_t{5}, Instant{1714566896000ms}},
      {KeyName{"b|c"}, BytesEstimate{{2048, 2048, 2048}}, std::int64_t{1204}, Value{}}};
  report.tables = {keys};
  report.notes = {"one note"};
  return report;
}

TEST(JsonFormat, writes_the_contract_one_row_per_line) {
  EXPECT_EQ(rendered(sample(), Format::json),
            R"({
  "schema": "headroom.sample/1",
  "target": "redis://h:1",
  "complete": true,
  "server": {"version":"7.0.15","used_memory":5669356831},
  "keys": [
    {"key":"a\\xff","key_base64":"Yf8=","bytes":1000,"bytes_low":900,"bytes_high":1101,"count":5,"seen":"2024-05-01T12:34:56Z"},
    {"key":"b|c","bytes":2048,"count":1204,"seen":null}
  ],
  "notes": ["one note"]
}
)");
}
TEST(JsonFormat, is_whole_when_there_is_nothing_to_say) {
  EXPECT_EQ(rendered({"headroom.sample/1", "Nothing"}, Format::json),
            "{\n  \"schema\": \"headroom.sample/1\",\n  \"notes\": []\n}\n");
}
TEST(JsonFormat, never_writes_a_number_that_json_does_not_have) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Report report{"headroom.sample/1"};
  report.facts = {{"a", nan},
                  {"b", Share{infinity}},
                  {"c", BytesEstimate{{nan, nan, nan}}},
                  {"d", CountEstimate{{5, 0, infinity}}},
                  {"e", CountEstimate{{1e300, 1e300, 1e300}}}};
  const test::Json json = json_of(report);
  EXPECT_TRUE(json["a"].is_null());
  EXPECT_TRUE(json["b"].is_null());
  EXPECT_TRUE(json["c"].is_null());
  EXPECT_EQ(json["d"], 5);
  EXPECT_EQ(json["d_low"], 0);
  EXPECT_TRUE(json["d_high"].is_null());
  EXPECT_TRUE(json["e"].is_number_integer());
}
TEST(JsonFormat, gives_every_kind_of_value_its_unit) {
  Report report{"headroom.sample/1"};
  report.facts = {{"whole", Duration{3s}},
                  {"broken", Duration{1250ms}},
                  {"moment", Instant{1714566896789ms}},
                  {"share", Share{0.25}},
                  {"list", List{KeyName{"k"}, KeyName{"\x80"}, "word", BytesEstimate{{2, 1, 3}}}},
                  {"nothing", Value{}}};
  const test::Json json = json_of(report);
  EXPECT_EQ(json["whole"], 3);
  EXPECT_EQ(json["broken"], 1.25);
  EXPECT_EQ(json["moment"], "2024-05-01T12:34:56.789Z");
  EXPECT_EQ(json["share"], 0.25);
  EXPECT_EQ(
      json["list"],
      test::Json::parse(
          R"([{"key":"k"},{"key":"\\x80","key_base64":"gA=="},"word",{"bytes":2,"bytes_low":1,"bytes_high":3}])"));
  EXPECT_TRUE(json["nothing"].is_null());
}
TEST(Formats, F08_cut_a_name_that_no_reader_would_survive_and_say_which_it_was) {
  Report report{"headroom.sample/1"};
  report.tables = {{"t", "", {{"key", "Key"}}, {{KeyName{std::string(3 * report::longest_name, 'x')}}}}};
  const test::Json row = json_of(report)["t"][0];
  EXPECT_EQ(row["key_length"], 3 * report::longest_name);
  EXPECT_EQ(row["key_xxh3"], fingerprint(std::string(3 * report::longest_name, 'x')));
  EXPECT_LT(row["key"].get<std::string>().size(), 2000U);
  for (const Format format : {Format::text, Format::csv, Format::markdown}) {
    const std::string text = rendered(report, format);
    EXPECT_LT(text.size(), 3000U);
    EXPECT_NE(text.find(row["key_xxh3"].get<std::string>()), std::string::npos);
  }
}
TEST(Formats, F08_keep_a_name_of_64_KiB_exact_for_programs) {
  Report report{"headroom.sample/1"};
  const std::string name(65536, 'y');
  report.tables = {{"t", "", {{"key", "Key"}}, {{KeyName{name}}}}};
  EXPECT_EQ(json_of(report)["t"][0]["key"], name);
  EXPECT_EQ(test::csv_records(rendered(report, Format::csv))[1][0], name);
}

TEST(NdjsonFormat, begins_with_the_facts_and_names_the_table_of_each_row) {
  EXPECT_EQ(
      rendered(sample(), Format::ndjson),
      R"({"record":"report","schema":"headroom.sample/1","target":"redis://h:1","complete":true,"server":{"version":"7.0.15","used_memory":5669356831},"notes":["one note"]}
{"record":"keys","key":"a\\xff","key_base64":"Yf8=","bytes":1000,"bytes_low":900,"bytes_high":1101,"count":5,"seen":"2024-05-01T12:34:56Z"}
{"record":"keys","key":"b|c","bytes":2048,"count":1204,"seen":null}
)");
}

TEST(CsvFormat, spreads_estimates_and_names_and_repeats_completeness) {
  EXPECT_EQ(rendered(sample(), Format::csv),
            "key,key_base64,bytes,bytes_low,bytes_high,count,seen,complete\r\n"
            "a\\xff,Yf8=,1000,900,1101,5,2024-05-01T12:34:56Z,true\r\n"
            "b|c,,2048,2048,2048,1204,,true\r\n");
}
TEST(CsvFormat, F10_makes_a_spreadsheet_show_text_and_not_run_it) {
  Report report{"headroom.sample/1"};
  Table table{"t", "", {{"key", ""}, {"text", ""}, {"number", ""}}};
  table.rows = {{KeyName{"=cmd|' /C calc'!A0"}, "+1", std::int64_t{-5}},
                {KeyName{"-x"}, "@x", Value{}},
                {KeyName{"\tx"}, "a\"b,c", Value{}},
                {KeyName{"\rx"},
                 "\xef\xbc\x9d"
                 "1+1",
                 Value{}}};
  report.tables = {table};
  EXPECT_EQ(rendered(report, Format::csv),
            "key,key_base64,text,number\r\n"
            "\"'=cmd|' /C calc'!A0\",PWNtZHwnIC9DIGNhbGMnIUEw,'+1,-5\r\n"
            "'-x,LXg=,'@x,\r\n"
            "'\\x09x,CXg=,\"a\"\"b,c\",\r\n"
            "'\\x0dx,DXg=,'\xef\xbc\x9d"
            "1+1,\r\n");
}
TEST(CsvFormat, takes_the_table_it_is_told_and_names_them_when_there_is_no_such) {
  Report report = sample();
  report.tables.push_back({"types", "", {{"type", ""}}, {{"hash"}}});
  EXPECT_EQ(rendered(report, Format::csv, {.csv_table = "types"}), "type,complete\r\nhash,true\r\n");
  const auto wrong = report::render(report, Format::csv, {.csv_table = "typos"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().exit, Exit::usage);
  EXPECT_EQ(wrong.error().what, "this report has no table typos");
  EXPECT_EQ(wrong.error().remedy, "one of: keys, types");
}
TEST(CsvFormat, writes_lists_as_json_in_the_cell) {
  Report report{"headroom.sample/1"};
  report.tables = {{"t", "", {{"parts", ""}}, {{List{Object{{"role", "job"}, {"bytes", Bytes{5}}}}}}}};
  EXPECT_EQ(rendered(report, Format::csv), "parts\r\n\"[{\"\"role\"\":\"\"job\"\",\"\"bytes\"\":5}]\"\r\n");
}
TEST(CsvFormat, makes_one_row_of_a_report_without_tables) {
  Report report = sample();
  report.tables.clear();
  EXPECT_EQ(rendered(report, Format::csv),
            "target,complete,server.version,server.used_memory\r\nredis://h:1,true,7.0.15,5669356831\r\n");
}

TEST(MarkdownFormat, writes_tables_that_people_read) {
  EXPECT_EQ(rendered(sample(), Format::markdown),
            "# Sample\n\n"
            "- **Target:** redis&#58;//h:1\n"
            "- **Memory:** 5.28 GiB / 8.00 GiB (66 %)\n"
            "\n## Keys\n\n"
            "| Key | Bytes | Count |\n"
            "| --- | ---: | ---: |\n"
            "| a\\\\xff | 1000 B ±10 % | 5 |\n"
            "| b\\|c | 2.00 KiB | 1 204 |\n"
            "\n## Notes\n\n"
            "- one note\n");
}
TEST(MarkdownFormat, F09_leaves_no_markup_html_or_link_alive) {
  Report report{"headroom.sample/1", "<script>"};
  report.tables = {{"t", "T", {{"key", "Key"}}}};
  report.tables[0].rows = {{KeyName{"<img src=x onerror=alert(1)>"}},
                           {KeyName{"[x](javascript:alert(1))|a|b"}},
                           {KeyName{"**`_~#$!@&amp;"}},
                           {KeyName{"http://evil"}},
                           {KeyName{"www.evil"}},
                           {KeyName{"a\n| b"}}};
  EXPECT_EQ(rendered(report, Format::markdown),
            "# &lt;script&gt;\n\n"
            "\n## T\n\n"
            "| Key |\n"
            "| --- |\n"
            "| \"&lt;img src=x onerror=alert(1)&gt;\" |\n"
            "| \\[x\\](javascript:alert(1))\\|a\\|b |\n"
            "| \\*\\*\\`\\_\\~\\#\\$\\!&#64;&amp;amp; |\n"
            "| http&#58;//evil |\n"
            "| www&#46;evil |\n"
            "| \"a\\\\x0a\\| b\" |\n");
}

TEST(TextFormat, aligns_columns_and_puts_numbers_to_the_right) {
  EXPECT_EQ(rendered(sample(), Format::text),
            "Sample\n"
            "Target:  redis://h:1\n"
            "Memory:  5.28 GiB / 8.00 GiB (66 %)\n"
            "\n"
            "Keys\n"
            "  KEY           BYTES  COUNT\n"
            "  a\\xff  1000 B ±10 %      5\n"
            "  b|c        2.00 KiB  1 204\n"
            "\n"
            "Notes\n"
            "- one note\n");
}
Report queue_like() {
  Report report{"headroom.sample/1", "Queues"};
  Table table{"queues",
              "Queues",
              {{"owner", "Queue"},
               {"bytes", "Bytes"},
               {"parts", "parts"},
               {"states", "jobs"},
               {"why", "why", true, true}}};
  table.rows = {{KeyName{"bull:mail"}, Bytes{3072},
                 List{Object{{"role", "job"}, {"bytes", Bytes{2048}}},
                      Object{{"role", "events"}, {"bytes", Bytes{1024}}}},
                 Object{{"waiting", std::int64_t{12}}, {"active", std::int64_t{1204}}},
                 "kept for ever by its settings"},
                {KeyName{"bull:sms"}, Bytes{1024}, List{}, Object{}, Value{}}};
  report.tables = {table};
  return report;
}
TEST(TextFormat, indents_the_parts_and_gives_sentences_their_own_lines) {
  EXPECT_EQ(rendered(queue_like(), Format::text),
            "Queues\n"
            "\n"
            "Queues\n"
            "  QUEUE         BYTES\n"
            "  bull:mail  3.00 KiB\n"
            "    job      2.00 KiB\n"
            "    events   1.00 KiB\n"
            "      jobs: waiting 12, active 1 204\n"
            "      why: kept for ever by its settings\n"
            "  bull:sms   1.00 KiB\n");
}
TEST(MarkdownFormat, shows_parts_as_rows) {
  EXPECT_EQ(rendered(queue_like(), Format::markdown),
            "# Queues\n\n"
            "\n## Queues\n\n"
            "| Queue | Bytes | jobs | why |\n"
            "| --- | ---: | --- | --- |\n"
            "| bull:mail | 3.00 KiB | waiting 12, active 1 204 | kept for ever by its settings |\n"
            "| — job | 2.00 KiB |  |  |\n"
            "| — events | 1.00 KiB |  |  |\n"
            "| bull:sms | 1.00 KiB |  | - |\n");
}
TEST(TextFormat, counts_the_rows_that_it_leaves_out) {
  Report report{"headroom.sample/1", "Many"};
  Table table{"t", "Rows", {{"n", "N"}}};
  for (std::int64_t i = 1; i <= 5; ++i) table.rows.push_back({i});
  table.text_rows = 3;
  table.note = "a word about it";
  report.tables = {table};
  EXPECT_EQ(rendered(report, Format::text),
            "Many\n\nRows\n  N\n  1\n  2\n  3\n  and 2 more; --format json lists all\n  a word about it\n");
  EXPECT_EQ(json_of(report)["t"].size(), 5U);
}
TEST(TextFormat, says_none_for_an_empty_table) {
  Report report{"headroom.sample/1", "None"};
  report.tables = {{"t", "Rows", {{"n", "N"}}}};
  EXPECT_EQ(rendered(report, Format::text), "None\n\nRows\n  none\n");
}
TEST(TextFormat, cuts_names_in_the_middle_and_then_leaves_columns_out) {
  Report report{"headroom.sample/1", "Narrow"};
  Table table{"t", "Rows", {{"key", "Key"}, {"bytes", "Bytes"}, {"keys", "Keys"}}};
  table.rows = {{KeyName{"bull:a-very-long-queue-name:completed"}, Bytes{1024}, std::int64_t{1000000}}};
  report.tables = {table};
  EXPECT_EQ(rendered(report, Format::text, {.width = 40}),
            "Narrow\n\nRows\n"
            "  KEY                   BYTES       KEYS\n"
            "  bull:a-v…ompleted  1.00 KiB  1 000 000\n");
  EXPECT_EQ(rendered(report, Format::text, {.width = 28}),
            "Narrow\n\nRows\n"
            "  KEY                  BYTES\n"
            "  bull:a-v…mpleted  1.00 KiB\n"
            "  1 column does not fit this\n"
            "  width\n");
}
TEST(TextFormat, aligns_wide_and_combining_characters_by_their_columns) {
  Report report{"headroom.sample/1", "Wide"};
  Table table{"t", "Rows", {{"key", "Key"}, {"n", "N"}}};
  table.rows = {{KeyName{"尺寸"}, std::int64_t{1}},
                {KeyName{"e\xcc\x81"}, std::int64_t{2}},
                {KeyName{"\xf0\x9f\x9a\x9a"}, std::int64_t{3}}};
  report.tables = {table};
  EXPECT_EQ(rendered(report, Format::text),
            "Wide\n\nRows\n  KEY   N\n  尺寸  1\n  e\xcc\x81     2\n  \xf0\x9f\x9a\x9a    3\n");
}
TEST(TextFormat, has_colours_only_when_asked) {
  EXPECT_EQ(rendered(sample(), Format::text).find('\x1b'), std::string::npos);
  const std::string coloured = rendered(sample(), Format::text, {.colour = true});
  EXPECT_EQ(lines_of(coloured)[0], "\x1b[1mSample\x1b[0m");
  EXPECT_EQ(lines_of(coloured)[6], "  a\\xff  1000 B ±10 %      5");
}
TEST(TextFormat, shows_wide_ranges_as_bounds) {
  Report report{"headroom.sample/1", "Ranges"};
  report.facts = {{"a", BytesEstimate{{1024, 0, 4096}}},
                  {"b", CountEstimate{{0, 0, 12}}},
                  {"c", BytesEstimate{{-2048, -2048, -2048}}},
                  {"d", Value{}}};
  EXPECT_EQ(rendered(report, Format::text),
            "Ranges\nA:  1.00 KiB (at most 4.00 KiB)\nB:  0 (at most 12)\nC:  -2.00 KiB\nD:  unknown\n");
}

TEST(Formats, are_found_by_name) {
  for (const char* name : {"text", "json", "ndjson", "csv", "markdown"})
    EXPECT_TRUE(report::format_named(name)) << name;
  const auto wrong = report::format_named("yaml");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().exit, Exit::usage);
  EXPECT_EQ(wrong.error().remedy, "one of: csv, json, markdown, ndjson, text");
}
TEST(Formats, arrive_in_pieces_that_make_the_same_text) {
  for (const report::Writer& writer : report::known_formats()) {
    std::string text;
    int pieces = 0;
    ASSERT_TRUE(report::render(sample(), writer.format, {}, [&](std::string_view piece) {
      text += piece;
      ++pieces;
    }));
    EXPECT_EQ(text, rendered(sample(), writer.format));
    EXPECT_GT(pieces, 2) << writer.name;
  }
}

}  // namespace
}  // namespace headroom
