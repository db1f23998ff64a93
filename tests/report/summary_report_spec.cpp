#include "report/summary_report.h"

#include <gtest/gtest.h>

#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using report::Format;
using report::summary_report;
using report::summary_warnings;
using test::rendered;

// The example of A14: 4.02M / 4GB, 19 keys, 10 Bull, 4 Celery, 0 %, allkeys-lru.
Survey example() {
  Survey survey;
  survey.server.target = "redis://127.0.0.1:6379";
  survey.server.run_id = "abc";
  survey.server.used_memory = Bytes{4215275};
  survey.server.maxmemory = Bytes{4294967296};
  survey.server.maxmemory_policy = "allkeys-lru";
  survey.server.server_time = 1714566896000ms;
  survey.server.evicted_keys = 0;
  survey.total.keys = 19;
  survey.families = {{"bullmq", {.keys = 7}}, {"celery", {.keys = 5}}, {"bull", {.keys = 3}}};
  PatternGroup results;
  results.pattern = "celery-task-meta-{uuid}";
  results.keys = 4;
  results.attribution = {.family = "celery", .role = "result"};
  PatternGroup bindings;
  bindings.keys = 1;
  bindings.attribution = {.family = "celery", .role = "binding"};
  survey.patterns = {results, bindings};
  return survey;
}

std::vector<std::string> ids(const Survey& survey) {
  std::vector<std::string> out;
  for (const auto& warning : summary_warnings(survey)) out.push_back(warning.id);
  return out;
}

TEST(SummaryReport, A14_has_every_field_of_the_short_report) {
  EXPECT_EQ(rendered(summary_report(example()), Format::text),
            "Summary of redis://127.0.0.1:6379\n"
            "Date:              2024-05-01 12:34:56 UTC\n"
            "Memory Usage:      4.02 MiB / 4.00 GiB\n"
            "Memory:            <0.1 %\n"
            "Max Memory:        4.00 GiB\n"
            "Eviction Policy:   allkeys-lru\n"
            "Total Keys:        19\n"
            "Bull Queue Keys:   10\n"
            "Celery Task Keys:  4\n"
            "Health:            Redis is responding\n");
}
TEST(SummaryReport, A14_gives_programs_the_numbers) {
  const test::Json json = test::json_of(summary_report(example()));
  EXPECT_EQ(json["schema"], "headroom.summary/1");
  EXPECT_EQ(json["date"], "2024-05-01T12:34:56Z");
  EXPECT_EQ(json["used_memory"], 4215275);
  EXPECT_EQ(json["maxmemory"], 4294967296);
  EXPECT_EQ(json["keys"], 19);
  EXPECT_EQ(json["bull_keys"], 10);
  EXPECT_EQ(json["celery_result_keys"], 4);
  EXPECT_EQ(json["maxmemory_policy"], "allkeys-lru");
  EXPECT_EQ(json["responding"], true);
  EXPECT_EQ(json["warnings"], test::Json::array());
}
TEST(SummaryReport, A15_warns_from_80_per_cent_of_the_limit) {
  Survey survey = example();
  survey.server.maxmemory = Bytes{1000};
  survey.server.used_memory = Bytes{799};
  EXPECT_TRUE(ids(survey).empty());
  survey.server.used_memory = Bytes{800};
  EXPECT_EQ(ids(survey), std::vector<std::string>{"memory-high"});
  survey.server.maxmemory = Bytes{0};
  EXPECT_TRUE(ids(survey).empty());
}
TEST(SummaryReport, A16_suggests_cleanup_from_ten_thousand_bull_keys) {
  Survey survey = example();
  survey.families[0].sum.keys = 9996;  // and 3 of bull
  EXPECT_TRUE(ids(survey).empty());
  survey.families[0].sum.keys = 9997;
  EXPECT_EQ(ids(survey), std::vector<std::string>{"many-bull-keys"});
}
TEST(SummaryReport, A17_reports_any_eviction) {
  Survey survey = example();
  survey.server.evicted_keys = 1;
  EXPECT_EQ(ids(survey), std::vector<std::string>{"keys-evicted"});
  survey.server.evicted_keys.reset();
  EXPECT_TRUE(ids(survey).empty());
}
TEST(SummaryReport, A15_A16_A17_thresholds_can_be_set) {
  Survey survey = example();
  survey.server.evicted_keys = 5;
  EXPECT_EQ(summary_warnings(survey, {.memory_share = 0.0001, .bull_keys = 10, .evicted_keys = 6}).size(),
            2U);
}
TEST(SummaryReport, warnings_reach_people_and_programs) {
  Survey survey = example();
  survey.server.evicted_keys = 1204;
  const Report report = summary_report(survey);
  EXPECT_NE(
      rendered(report, Format::text).find("- WARNING: 1 204 keys were evicted since the server started"),
      std::string::npos);
  EXPECT_EQ(test::json_of(report)["warnings"][0]["id"], "keys-evicted");
}
TEST(SummaryReport, does_not_claim_that_a_file_responds) {
  Survey survey = example();
  survey.source = "rdb";  // which has a time: when it was written
  survey.server.run_id.clear();
  EXPECT_NE(rendered(summary_report(survey), Format::text).find("not asked: this was read from a file\n"),
            std::string::npos);
  EXPECT_EQ(test::json_of(summary_report(survey))["responding"], false);
}
TEST(SummaryReport, says_when_it_did_not_see_everything) {
  Survey survey = example();
  survey.scan.complete = false;
  EXPECT_EQ(test::lines_of(rendered(summary_report(survey), Format::text))[0],
            "Summary of redis://127.0.0.1:6379 (PARTIAL)");
}
TEST(SummaryReport, is_one_row_as_csv) {
  const auto records = test::csv_records(rendered(summary_report(example()), Format::csv));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0][0], "target");
  EXPECT_EQ(records[1][0], "redis://127.0.0.1:6379");
}

}  // namespace
}  // namespace headroom
