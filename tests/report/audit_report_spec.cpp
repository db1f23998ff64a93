#include "report/audit_report.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using report::audit_report;
using report::Format;
using test::json_of;
using test::rendered;

constexpr Estimate exactly(double value) { return {value, value, value}; }

ServerFacts server() {
  ServerFacts facts;
  facts.target = "redis://127.0.0.1:6379";
  facts.version = "7.0.15";
  facts.role = "master";
  facts.maxmemory_policy = "noeviction";
  facts.used_memory = Bytes{5669356831};
  facts.maxmemory = Bytes{8589934592};
  facts.server_time = 1714566896000ms;
  return facts;
}

// Numbers are chosen so that the shares and ranges come out round: total 5 GiB ± 1 %, bull 4.9 GiB of it.
Survey bull_and_celery() {
  constexpr double gib = 1073741824;
  Survey survey;
  survey.server = server();
  survey.scan = {
      .keys = 3712004, .expected = 3712004, .expected_after = 3712004, .asked = 120000, .took = 4200ms};
  survey.measured = 120000;
  survey.total = {3712004, {5 * gib, 4.95 * gib, 5.05 * gib}, exactly(3700000), exactly(4.9 * gib)};
  survey.ttl_histogram[1] = exactly(4);
  survey.ttl_histogram[2] = exactly(12000);
  survey.families = {
      {"bullmq", {3700000, {4.9 * gib, 4.802 * gib, 4.998 * gib}, exactly(3700000), exactly(4.9 * gib)}},
      {"", {12004, exactly(0.1 * gib), exactly(0), exactly(0)}}};
  survey.owners = {
      {.family = "bullmq",
       .owner = "bull:mail",
       .version = "5.1 or later",
       .sum = survey.families[0].sum,
       .parts = {{"job", Care::finished, {3699990, exactly(4.5 * gib), exactly(3699990), exactly(4.5 * gib)}},
                 {"events", Care::hands_off, {1, exactly(0.4 * gib), exactly(1), exactly(0.4 * gib)}}}}};
  PatternGroup jobs;
  jobs.pattern = "bull:mail:{n}";
  jobs.example = "bull:mail:17";
  jobs.keys = 3699990;
  jobs.measured = 100000;
  jobs.bytes = exactly(4.5 * gib);
  jobs.without_ttl_keys = exactly(3699990);
  jobs.without_ttl_bytes = exactly(4.5 * gib);
  jobs.p50 = {1280};
  jobs.max = {2048};
  jobs.measured_types[static_cast<std::size_t>(KeyType::hash)] = 100000;
  jobs.attribution = {.family = "bullmq", .owner = "bull:mail", .role = "job", .care = Care::finished};
  survey.patterns = {jobs};
  survey.types = {{KeyType::hash, Encoding::listpack, exactly(3699990), exactly(4.5 * gib)}};
  survey.biggest = {{"bull:mail:events", 0, KeyType::stream, {429496730}, false, 10000}};
  survey.biggest_guarantee = "every key above 1 MiB is listed";
  survey.debris = {{.kind = "orphan-job",
                    .family = "bullmq",
                    .owner = "bull:mail",
                    .keys = exactly(20000),
                    .bytes = exactly(0.025 * gib),
                    .certainty = Certainty::proved,
                    .why = "in no list or set of its queue",
                    .examples = {"bull:mail:17", "bull:mail:two words"}}};
  survey.reconciliation = {{"keys", 5368709120, "what the scan measured"},
                           {"rest", 300647711, "not explained"}};
  return survey;
}

TEST(AuditReport, A1_A24_reads_well_to_a_tired_operator) {
  EXPECT_EQ(rendered(audit_report(bull_and_celery()), Format::text, {.width = 110}),
            R"(Audit of redis://127.0.0.1:6379
Server:           redis 7.0.15, master
Time:             2024-05-01 12:34:56 UTC
Memory:           5.28 GiB / 8.00 GiB (66 %)
Eviction policy:  noeviction
Keys:             3 712 004 holding 5.00 GiB ±1 %
TTL:              3 700 000 keys (99.7 %, 4.90 GiB) never expire, 12 004 do
Expiring:         4 within 10 min, 12 000 within 1 h
Scan:             complete; 3 712 004 names in 4.2 s, 120 000 looked at in detail

Families, largest first
  FAMILY        KEYS          BYTES  SHARE  WITHOUT TTL  THEIR BYTES
  bullmq   3 700 000  4.90 GiB ±2 %   98 %    3 700 000     4.90 GiB
  unknown     12 004        102 MiB    2 %            0          0 B

Owners, largest first
  OWNER      FAMILY  VERSION            KEYS          BYTES  SHARE  WITHOUT TTL
  bull:mail  bullmq  5.1 or later  3 700 000  4.90 GiB ±2 %   98 %    3 700 000
    job                            3 699 990       4.50 GiB   90 %    3 699 990
    events                                 1        410 MiB    8 %            1

Debris: keys that nothing needs any more
  KIND        FAMILY  OWNER        KEYS     BYTES  CERTAINTY
  orphan-job  bullmq  bull:mail  20 000  25.6 MiB  proved
      why: in no list or set of its queue
      for example: bull:mail:17, "bull:mail:two words"

Biggest keys
  KEY               TYPE      BYTES  ELEMENTS
  bull:mail:events  stream  410 MiB    10 000
  every key above 1 MiB is listed

Patterns, largest first
  PATTERN        FAMILY  TYPE       KEYS     BYTES  SHARE  WITHOUT TTL    MEDIAN   LARGEST
  bull:mail:{n}  bullmq  hash  3 699 990  4.50 GiB   90 %    3 699 990  1.25 KiB  2.00 KiB

Types and encodings
  TYPE  ENCODING       KEYS     BYTES  SHARE
  hash  listpack  3 699 990  4.50 GiB   90 %

Memory, line by line: the sum is used_memory
  LINE     BYTES   SHARE
  keys  5.00 GiB  94.7 %
      what the scan measured
  rest   287 MiB   5.3 %
      not explained

Notes
- Counts of keys are exact. 120 000 of 3 712 004 keys were looked at in detail; each ± range holds with 99.9 %
  confidence (asked for: within 1 % of all bytes, per pattern).
)");
}

TEST(AuditReport, fits_the_terminal_at_every_width) {
  for (const int width : {40, 60, 72, 80, 100, 132})
    for (const std::string& line :
         test::lines_of(rendered(audit_report(bull_and_celery()), Format::text, {.width = width})))
      EXPECT_LE(display_width(line), static_cast<std::size_t>(width)) << line;
}

TEST(AuditReport, has_the_fields_of_the_json_contract) {
  const test::Json json = json_of(audit_report(bull_and_celery()));
  EXPECT_EQ(json["schema"], "headroom.audit/1");
  EXPECT_EQ(json["target"], "redis://127.0.0.1:6379");
  EXPECT_EQ(json["source"], "scan");
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["keys"], 3712004);
  EXPECT_EQ(json["bytes"], 5368709120);
  EXPECT_EQ(json["bytes_low"], 5315022028);   // floor of 4.95 GiB
  EXPECT_EQ(json["bytes_high"], 5422396212);  // ceiling of 5.05 GiB
  EXPECT_EQ(json["server"]["version"], "7.0.15");
  EXPECT_EQ(json["server"]["role"], "master");
  EXPECT_EQ(json["server"]["used_memory"], 5669356831);
  EXPECT_EQ(json["server"]["maxmemory"], 8589934592);
  EXPECT_EQ(json["server"]["maxmemory_policy"], "noeviction");
  EXPECT_EQ(json["ttl"]["with"], 12004);
  EXPECT_EQ(json["ttl"]["without"], 3700000);
  EXPECT_EQ(json["ttl"]["unknown"], 0);
  EXPECT_EQ(json["sampling"],
            test::Json::parse(R"({"measured":120000,"confidence":0.999,"precision":0.01})"));
  for (const char* field : {"family", "keys", "bytes", "without_ttl_keys", "without_ttl_bytes"})
    EXPECT_TRUE(json["families"][0].contains(field)) << field;
  for (const char* field : {"family", "owner", "version", "keys", "bytes", "parts"})
    EXPECT_TRUE(json["owners"][0].contains(field)) << field;
  for (const char* field : {"role", "keys", "bytes"})
    EXPECT_TRUE(json["owners"][0]["parts"][0].contains(field)) << field;
  for (const char* field :
       {"pattern", "family", "type", "keys", "bytes", "without_ttl_keys", "bytes_p50", "bytes_max"})
    EXPECT_TRUE(json["patterns"][0].contains(field)) << field;
  for (const char* field : {"key", "type", "bytes", "elements"})
    EXPECT_TRUE(json["biggest"][0].contains(field)) << field;
  for (const char* field : {"kind", "owner", "keys", "bytes", "certainty", "why"})
    EXPECT_TRUE(json["debris"][0].contains(field)) << field;
  EXPECT_EQ(json["types"][0]["encoding"], "listpack");
}

TEST(AuditReport, tells_stranded_work_apart_from_debris) {
  Survey survey = bull_and_celery();
  const std::size_t debris = survey.debris.size();
  survey.stranded.push_back({.kind = "unacked-without-index",
                             .family = "kombu",
                             .keys = {7, 7, 7},
                             .certainty = Certainty::proved,
                             .why = "nobody gives them back",
                             .examples = {"unacked"}});
  const test::Json json = json_of(audit_report(survey));
  EXPECT_EQ(json["debris"].size(), debris);
  ASSERT_EQ(json["stranded"].size(), 1u);
  EXPECT_EQ(json["stranded"][0]["kind"], "unacked-without-index");
  EXPECT_EQ(json["stranded"][0]["keys"], 7);
}

TEST(AuditReport, A24_tells_when_keys_will_expire) {
  const test::Json histogram = json_of(audit_report(bull_and_celery()))["ttl"]["histogram"];
  ASSERT_EQ(histogram.size(), ttl_bucket_count);
  const std::vector<std::int64_t> edges{60, 600, 3600, 21600, 86400, 604800, 2592000};
  for (std::size_t i = 0; i < edges.size(); ++i) EXPECT_EQ(histogram[i]["up_to_seconds"], edges[i]);
  EXPECT_TRUE(histogram[7]["up_to_seconds"].is_null());
  EXPECT_EQ(histogram[2]["keys"], 12000);
}

TEST(AuditReport, tells_what_was_past_its_ttl_and_still_there) {
  auto survey = bull_and_celery();
  survey.expired_keys = 1500;
  survey.expired_bytes = Bytes{3 * 1024 * 1024};
  EXPECT_NE(rendered(audit_report(survey), Format::text, {.width = 110})
                .find("Expired:          1 500 keys (3.00 MiB) were past their TTL and still there\n"),
            std::string::npos);
  const auto ttl = json_of(audit_report(survey))["ttl"];
  EXPECT_EQ(ttl["expired"], 1500);
  EXPECT_EQ(ttl["expired_bytes"], 3145728);
  EXPECT_EQ(json_of(audit_report(bull_and_celery()))["ttl"]["expired"], 0);
}

TEST(AuditReport, reconciles_to_used_memory_to_the_byte) {
  const test::Json json = json_of(audit_report(bull_and_celery()));
  std::int64_t sum = 0;
  for (const auto& line : json["reconciliation"]) sum += line["bytes"].get<std::int64_t>();
  EXPECT_EQ(sum, 5669356831);
  EXPECT_EQ(json["server"]["used_memory"], sum);
}

TEST(AuditReport, keeps_a_negative_line_negative) {
  Survey survey = bull_and_celery();
  survey.reconciliation = {{"keys", 1048576, ""}, {"rest", -2048, ""}};
  const Report report = audit_report(survey);
  EXPECT_EQ(json_of(report)["reconciliation"][1]["bytes"], -2048);
  EXPECT_NE(rendered(report, Format::text).find("-2.00 KiB"), std::string::npos);
}

TEST(AuditReport, unknown_ttl_is_neither_with_nor_without) {
  Survey survey = bull_and_celery();
  survey.ttl_unknown_keys = 2004;
  const Report report = audit_report(survey);
  EXPECT_EQ(json_of(report)["ttl"]["with"], 10000);
  EXPECT_EQ(json_of(report)["ttl"]["unknown"], 2004);
  EXPECT_NE(rendered(report, Format::text).find("never expire, 10 000 do, 2 004 unknown"), std::string::npos);
}
TEST(AuditReport, gives_the_keys_with_ttl_the_range_of_those_without) {
  Survey survey = bull_and_celery();
  survey.total.without_ttl_keys = {3700000, 3699000, 3701000};
  const test::Json ttl = json_of(audit_report(survey))["ttl"];
  EXPECT_EQ(ttl["with"], 12004);
  EXPECT_EQ(ttl["with_low"], 11004);
  EXPECT_EQ(ttl["with_high"], 13004);
}

Survey partial() {
  Survey survey = bull_and_celery();
  survey.scan.complete = false;
  survey.scan.stopped_by = "--max-seconds";
  survey.scan.keys = 1000;
  return survey;
}
TEST(AuditReport, a_partial_scan_shows_in_every_format) {
  const Report report = audit_report(partial());
  EXPECT_EQ(test::lines_of(rendered(report, Format::text))[0], "Audit of redis://127.0.0.1:6379 (PARTIAL)");
  EXPECT_NE(rendered(report, Format::text)
                .find("- PARTIAL: stopped early (--max-seconds). What is shown was seen; the rest is "
                      "missing from every table and total: 1 000 names were read of about 3 712 004."),
            std::string::npos);
  EXPECT_EQ(test::lines_of(rendered(report, Format::markdown))[0],
            "# Audit of redis&#58;//127.0.0.1:6379 (PARTIAL)");
  EXPECT_EQ(json_of(report)["complete"], false);
  EXPECT_EQ(json_of(report)["stopped_by"], "--max-seconds");
  EXPECT_EQ(test::Json::parse(test::lines_of(rendered(report, Format::ndjson))[0])["complete"], false);
  for (const Table& table : report.tables) {
    const auto records = test::csv_records(rendered(report, Format::csv, {.csv_table = table.name}));
    EXPECT_EQ(records[0].back(), "complete");
    for (std::size_t i = 1; i < records.size(); ++i) EXPECT_EQ(records[i].back(), "false") << table.name;
  }
}

TEST(AuditReport, says_what_could_not_be_asked_and_what_the_scan_met) {
  Survey survey = bull_and_celery();
  survey.server.missing = {"CONFIG is renamed or forbidden: maxmemory-policy"};
  survey.scan.keys = 3712100;
  survey.scan.restarts = 1;
  survey.other_keys = 77;
  survey.folded_patterns = 3;
  const std::string text = rendered(audit_report(survey), Format::text);
  for (const char* sentence :
       {"- Not known: CONFIG is renamed or forbidden: maxmemory-policy\n",
        "- The scan returned 3 712 100 names; the server held",
        "- Restarts of the server during the scan: 1;", "- 77 keys fit no pattern of their own",
        "- 3 patterns that differed in one part only"})
    EXPECT_NE(text.find(sentence), std::string::npos) << sentence;
}

TEST(AuditReport, shows_the_top_and_hands_everything_to_programs) {
  Survey survey = bull_and_celery();
  survey.patterns.assign(50, survey.patterns[0]);
  const Report report = audit_report(survey, {.top = 5});
  EXPECT_NE(rendered(report, Format::text).find("  and 45 more; --format json lists all\n"),
            std::string::npos);
  EXPECT_EQ(json_of(report)["patterns"].size(), 50U);
}

TEST(AuditReport, shows_databases_only_when_there_are_several) {
  Survey survey = bull_and_celery();
  EXPECT_EQ(rendered(audit_report(survey), Format::text).find("DB"), std::string::npos);
  survey.patterns.push_back(survey.patterns[0]);
  survey.patterns[1].db = 1;
  EXPECT_NE(rendered(audit_report(survey), Format::text).find("  DB  "), std::string::npos);
}

TEST(AuditReport, of_a_server_that_says_nothing_invents_nothing) {
  Survey survey;
  survey.server.target = "dump.rdb";
  survey.source = "rdb";
  const Report report = audit_report(survey);
  const test::Json json = json_of(report);
  EXPECT_TRUE(json["server"]["used_memory"].is_null());
  EXPECT_TRUE(json["server"]["maxmemory_policy"].is_null());
  EXPECT_TRUE(json["time"].is_null());
  EXPECT_EQ(json["keys"], 0);
  EXPECT_NE(rendered(report, Format::text).find("Memory:           unknown\n"), std::string::npos);
}

TEST(AuditReport, says_that_there_is_no_limit) {
  Survey survey = bull_and_celery();
  survey.server.maxmemory = Bytes{0};  // A1: 5.28 GB used, no limit
  EXPECT_NE(rendered(audit_report(survey), Format::text).find("Memory:           5.28 GiB, no limit\n"),
            std::string::npos);
}

TEST(AuditReport, shows_why_an_owner_is_read_only) {
  Survey survey = bull_and_celery();
  survey.owners[0].read_only = true;
  survey.owners[0].read_only_why = "holds a container that headroom does not know";
  EXPECT_NE(rendered(audit_report(survey), Format::text)
                .find("      read-only: holds a container that headroom does not know\n"),
            std::string::npos);
  EXPECT_EQ(json_of(audit_report(survey))["owners"][0]["read_only"], true);
}

}  // namespace
}  // namespace headroom
