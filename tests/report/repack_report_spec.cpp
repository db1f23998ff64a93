#include "report/repack_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/readers.h"

namespace headroom {
namespace {

using report::Format;
using report::repack_report;
using test::json_of;
using test::rendered;

Survey survey_of(const std::string& version = "7.0.15") {
  Survey survey;
  survey.server.target = "dump.rdb";
  survey.server.version = version;
  survey.source = "rdb";
  return survey;
}

/// 1000 jobs of 1613 bytes in bull:mail, each of which saves 712 once values of 512 bytes are packed, and a
/// cache that has nothing to save.
RepackAdvice advice() {
  RepackAdvice advice;
  RepackOwner mail{"bullmq", "bull:mail"};
  mail.jobs.keys = 1000, mail.jobs.bytes = 1'613'000;
  mail.jobs.sums.add(ladder(Repacked::hash).place(3, 0), {1000, 712'000});
  mail.all = mail.jobs;
  mail.all.keys += 5, mail.all.bytes += 40'000;
  mail.all.sums.add(ladder(Repacked::zset).place(0, 1), {1, 900});
  RepackOwner cache;
  cache.all.keys = 10, cache.all.bytes = 1'000;
  advice.total = mail.all;
  advice.total.keys += 10, advice.total.bytes += 1'000;
  advice.owners = {mail, cache};
  for (std::size_t i = 0; i < repacked_count; ++i) advice.choices[i].kind = static_cast<Repacked>(i);
  advice.choices[0] = {Repacked::hash, 3, 0, true, {1000, 712'000}, {}, {1000, 712'000}};
  advice.choices[1] = {Repacked::zset, 0, 1, false, {1, 900}, {}, {1, 900}};
  return advice;
}

TEST(RepackReport, says_what_to_type_and_what_it_saves) {
  const auto json = json_of(repack_report(survey_of(), advice()));
  EXPECT_EQ(json["schema"], "headroom.repack/1");
  EXPECT_EQ(json["bytes"], 1'654'000);
  EXPECT_EQ(json["bytes_saved"], 712'000);
  EXPECT_EQ(json["bytes_after"], 942'000);
  ASSERT_EQ(json["commands"].size(), 1u);
  EXPECT_EQ(json["commands"][0]["command"], "CONFIG SET hash-max-listpack-value 512");
  EXPECT_EQ(json["commands"][0]["redis_conf"], "hash-max-listpack-value 512");
  EXPECT_EQ(json["advice"][1]["kind"], "zset");
  EXPECT_EQ(json["advice"][1]["advised"], false);
}

TEST(RepackReport, tells_bytes_per_job_before_and_after) {
  const auto json = json_of(repack_report(survey_of(), advice()));
  ASSERT_EQ(json["jobs"].size(), 1u);
  EXPECT_EQ(json["jobs"][0]["owner"], "bull:mail");
  EXPECT_EQ(json["jobs"][0]["bytes_per_job"], 1613);
  EXPECT_EQ(json["jobs"][0]["bytes_per_job_after"], 901);
}

TEST(RepackReport, has_every_owner_with_its_share) {
  const auto json = json_of(repack_report(survey_of(), advice()));
  ASSERT_EQ(json["owners"].size(), 2u);
  EXPECT_EQ(json["owners"][0]["bytes_saved"], 712'000);
  EXPECT_EQ(json["owners"][0]["settings"].size(), 2u);
  EXPECT_EQ(json["owners"][0]["settings"][0]["value"], 512);
  EXPECT_EQ(json["owners"][1]["owner"], nullptr);
  EXPECT_EQ(json["owners"][1]["bytes_saved"], 0);
}

TEST(RepackReport, leaves_out_limits_that_pack_no_more_than_lower_ones) {
  const auto json = json_of(repack_report(survey_of(), advice()));
  ASSERT_EQ(json["settings"].size(), 2u);
  EXPECT_EQ(json["settings"][0]["value"], 512);
  EXPECT_EQ(json["settings"][0]["entries"], 128);
  EXPECT_EQ(json["settings"][0]["advised"], true);
  EXPECT_EQ(json["settings"][1]["entries"], 512);
}

TEST(RepackReport, spells_settings_as_the_server_does) {
  const auto old = rendered(repack_report(survey_of("6.2.14"), advice()), Format::text);
  EXPECT_THAT(old, testing::HasSubstr("CONFIG SET hash-max-ziplist-value 512"));
  EXPECT_THAT(old, testing::Not(testing::HasSubstr("max-listpack")));
}

TEST(RepackReport, sets_nothing_where_the_lowest_limits_do) {
  auto anew = advice();
  anew.total.sums = {};
  anew.total.sums.add(ladder(Repacked::hash).place(0, 0), {1000, 712'000});
  anew.choices[0] = {Repacked::hash, 0, 0, true, {1000, 712'000}, {1000, 712'000}, {1000, 712'000}};
  const auto json = json_of(repack_report(survey_of(), anew));
  EXPECT_TRUE(json["commands"].empty());
  EXPECT_THAT(json["advice"][0]["why"].get<std::string>(), testing::HasSubstr("made anew"));
}

TEST(RepackReport, of_a_file_says_whose_allocator_it_takes_for_granted) {
  auto survey = survey_of();
  EXPECT_THAT(rendered(repack_report(survey, advice()), Format::text), testing::HasSubstr("jemalloc-16"));
  survey.server.quantum = 16;
  EXPECT_THAT(rendered(repack_report(survey, advice()), Format::text),
              testing::Not(testing::HasSubstr("jemalloc-16")));
}

TEST(RepackReport, of_a_damaged_file_says_so) {
  auto survey = survey_of();
  survey.scan.complete = false;
  survey.faults.push_back({"dump.rdb", "a value is cut off", 77, "bull:mail:1"});
  const auto text = rendered(repack_report(survey, advice()), Format::text);
  EXPECT_THAT(text, testing::HasSubstr("(PARTIAL)"));
  EXPECT_THAT(text, testing::HasSubstr("at byte 77"));
}

}  // namespace
}  // namespace headroom
