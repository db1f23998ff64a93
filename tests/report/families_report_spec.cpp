#include "report/families_report.h"

#include <gtest/gtest.h>

#include "report/names.h"
#include "report/readers.h"

namespace headroom {
namespace {

using report::families_report;
using report::Format;

const std::vector<report::FamilyRow> rows{{"bullmq", "BullMQ 1-6", "{root}:{id}", "hash", "job", "finished",
                                           "the work is done; retention decides", ""},
                                          {"celery", "Celery", "celery-task-meta-{any}", "string", "result",
                                           "expirable", "result_expires sets a TTL", "result-without-ttl"}};

TEST(FamiliesReport, lists_what_is_known) {
  EXPECT_EQ(test::rendered(families_report(rows), Format::text),
            "What headroom knows of each library's keys\n"
            "\n"
            "Kinds of keys\n"
            "  FAMILY  KEY                     TYPE    ROLE    CARE       DEBRIS\n"
            "  bullmq  {root}:{id}             hash    job     finished   -\n"
            "      why: the work is done; retention decides\n"
            "  celery  celery-task-meta-{any}  string  result  expirable  result-without-ttl\n"
            "      why: result_expires sets a TTL\n");
}
TEST(FamiliesReport, gives_programs_the_same) {
  const test::Json json = test::json_of(families_report(rows));
  EXPECT_EQ(json["schema"], "headroom.families/1");
  EXPECT_EQ(
      json["shapes"][1].dump(),
      R"({"family":"celery","title":"Celery","shape":"celery-task-meta-{any}","types":"string","role":"result",)"
      R"("care":"expirable","debris":"result-without-ttl","why":"result_expires sets a TTL"})");
  EXPECT_TRUE(json["shapes"][0]["debris"].is_null());
}
TEST(Names, are_those_of_the_field) {
  EXPECT_EQ(report::type_name(KeyType::zset), "zset");
  EXPECT_EQ(report::type_name(KeyType::module), "module");
  EXPECT_EQ(report::encoding_name(Encoding::integer), "int");
  EXPECT_EQ(report::encoding_name(Encoding::other), "other");
  EXPECT_EQ(report::care_name(Care::hands_off), "hands_off");
  EXPECT_EQ(report::care_name(Care::debris_if_proved), "debris-if-proved");
  EXPECT_EQ(report::certainty_name(Certainty::suspected), "suspected");
}

}  // namespace
}  // namespace headroom
