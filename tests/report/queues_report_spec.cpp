#include "report/queues_report.h"

#include <gtest/gtest.h>

#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using report::Format;
using report::queues_report;
using test::rendered;

ServerFacts server() {
  ServerFacts facts;
  facts.target = "redis://127.0.0.1:6379";
  facts.version = "7.0.15";
  facts.role = "master";
  facts.server_time = 1714566896000ms;
  return facts;
}

std::vector<QueueState> two_queues() {
  QueueState mail;
  mail.family = "bullmq";
  mail.owner = "bull:mail";
  mail.version = "5.1 or later";
  mail.states = {{"waiting", 12}, {"active", 3}, {"completed", 12000}, {"waiting-children", 0}};
  mail.parts = {{"job", {3 << 20}}, {"events", {1 << 20}}};
  mail.event_entries = 10010;
  mail.event_cap = 10000;
  mail.event_bytes = Bytes{1 << 20};
  mail.oldest_finished = 1714566896000ms - 74h;
  mail.last_activity = 1714566896000ms - 90s;
  mail.schedulers = 2;
  mail.retention = "none seen: 12 000 completed jobs kept";
  mail.flags = {"paused", "layout: bullmq 5"};
  QueueState celery;
  celery.family = "celery";
  celery.owner = "celery";
  celery.states = {{"waiting", 7}};
  celery.heartbeat_age = 2s;
  return {mail, celery};
}

TEST(QueuesReport, shows_states_side_by_side_and_parts_below) {
  EXPECT_EQ(rendered(queues_report(server(), two_queues()), Format::text, {.width = 110}),
            R"(Queues of redis://127.0.0.1:6379
Server:  redis 7.0.15, master
Time:    2024-05-01 12:34:56 UTC
Queues:  2

Queues
  QUEUE      FAMILY  VERSION          BYTES  OLDEST FINISHED  LAST ACTIVITY  HEARTBEAT  SCHEDULERS
  bull:mail  bullmq  5.1 or later  4.00 MiB          3 d 2 h     1 min 30 s          -           2
    job                            3.00 MiB
    events                         1.00 MiB
      jobs: waiting 12, active 3, completed 12 000, waiting-children 0
      events: entries 10 010, cap 10 000, bytes 1.00 MiB
      retention: none seen: 12 000 completed jobs kept
      flags: paused, layout: bullmq 5
  celery     celery  -                    -                -              -        2 s           -
      jobs: waiting 7
)");
}
TEST(QueuesReport, has_the_fields_of_the_json_contract) {
  const test::Json json = test::json_of(queues_report(server(), two_queues()));
  EXPECT_EQ(json["schema"], "headroom.queues/1");
  const test::Json& mail = json["queues"][0];
  EXPECT_EQ(mail["family"], "bullmq");
  EXPECT_EQ(mail["owner"], "bull:mail");
  EXPECT_EQ(mail["version"], "5.1 or later");
  EXPECT_EQ(mail["states"].dump(), R"({"waiting":12,"active":3,"completed":12000,"waiting-children":0})");
  EXPECT_EQ(mail["bytes"], 4 << 20);
  EXPECT_EQ(mail["parts"].dump(),
            R"([{"role":"job","keys":null,"bytes":3145728},{"role":"events","keys":null,"bytes":1048576}])");
  EXPECT_EQ(mail["events"].dump(), R"({"entries":10010,"cap":10000,"bytes":1048576})");
  EXPECT_EQ(mail["oldest_finished"], "2024-04-28T10:34:56Z");
  EXPECT_EQ(mail["oldest_finished_age"], 74 * 3600);
  EXPECT_EQ(mail["last_activity"], "2024-05-01T12:33:26Z");
  EXPECT_TRUE(mail["heartbeat_age"].is_null());
  EXPECT_EQ(json["queues"][1]["heartbeat_age"], 2);
  EXPECT_EQ(mail["schedulers"], 2);
  EXPECT_EQ(mail["flags"].dump(), R"(["paused","layout: bullmq 5"])");
}
TEST(QueuesReport, has_no_ages_when_the_server_did_not_tell_the_time) {
  const test::Json json = test::json_of(queues_report({}, two_queues()));
  EXPECT_TRUE(json["queues"][0]["oldest_finished_age"].is_null());
  EXPECT_EQ(json["queues"][0]["oldest_finished"], "2024-04-28T10:34:56Z");
}
TEST(QueuesReport, survives_scores_that_are_no_times) {
  std::vector<QueueState> queues = two_queues();
  queues[0].oldest_finished = std::chrono::milliseconds::min();
  queues[1].last_activity = std::chrono::milliseconds::max();
  const test::Json json = test::json_of(queues_report(server(), queues));
  EXPECT_GT(json["queues"][0]["oldest_finished_age"], 0);
  EXPECT_LT(json["queues"][1]["last_activity_age"], 0);
}
TEST(QueuesReport, says_none_when_there_are_none) {
  EXPECT_NE(rendered(queues_report(server(), {}), Format::text).find("Queues\n  none\n"), std::string::npos);
}

}  // namespace
}  // namespace headroom
