#include "report/plan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using report::Format;
using report::plan_report;
using test::rendered;
using testing::HasSubstr;

PlanHeader plan() {
  PlanHeader header;
  header.id = "0123456789abcdef0123456789abcdef";
  header.source = "scan";
  header.made = 1714566896000ms;
  header.expires = header.made + 1h;
  header.server.address = "redis://127.0.0.1:6379", header.server.role = "master";
  header.server.version = "7.0.15", header.server.keys = 1000;
  PlanRule rule;
  rule.name = "bull-completed", rule.family = "bullmq", rule.owner = "bull:mail";
  rule.what = "completed jobs older than 1 d", rule.why = "nobody reads them";
  rule.steps = 100, rule.keys = 200, rule.members = 100, rule.bytes = {1 << 20};
  header.rules = {rule};
  header.left_alone = {
      {"bull-completed", "bull:pay", "ids in two states", 3, {900}, {"bull:pay:1\n", "bull:pay:2"}}};
  header.facts.frees = {1 << 20};
  header.facts.journal = {60'800};
  header.facts.replication = {20'000};
  header.facts.duration = 1s;
  header.facts.expiries = {0, 0, 5, 0, 0, 0, 0, 0};
  header.facts.most_expiries_per_second = 5;
  header.facts.blocking = {"string big (50 MiB): 3 ms"};
  header.steps = 100;
  return header;
}

// PLAN-6: what an operator should know before saying yes
TEST(PlanReport, shows_what_one_needs_to_know) {
  EXPECT_EQ(rendered(plan_report(plan(), "x.hrplan", {"Memory that the system sees may stay."}), Format::text,
                     {.width = 110}),
            R"(Plan for redis://127.0.0.1:6379
Plan:         0123456789abcdef0123456789abcdef
File:         x.hrplan
Good until:   2024-05-01 13:34:56 UTC
Keys:         200
Of all:       20 %
Frees:        1.00 MiB
Journal:      59.4 KiB on the disk of this machine
Replication:  19.5 KiB to replicas and the AOF
Takes about:  1 s

Rules
  RULE            OWNER      WHAT                           HOW      KEYS  MEMBERS     BYTES
  bull-completed  bull:mail  completed jobs older than 1 d  journal   200      100  1.00 MiB
      why: nobody reads them

Left alone
  RULE            OWNER     KEYS  BYTES
  bull-completed  bull:pay     3  900 B
      why: ids in two states

TTLs that the plan gives, by when they end
  WITHIN  KEYS
  1 h        5
  At most 5 keys expire in a second.

Holds the server up for a millisecond or more
  WHAT
  string big (50 MiB): 3 ms

Notes
- Memory that the system sees may stay.
)");
}

TEST(PlanReport, is_a_contract_for_programs) {  // design.md section 5
  const auto read = json::parse(rendered(plan_report(plan(), "", {}), Format::json));
  EXPECT_EQ(read.at("schema"), "headroom.plan/1");
  EXPECT_EQ(read.at("run"), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(read.at("steps"), 100);
  EXPECT_EQ(read.at("file"), nullptr);
  EXPECT_EQ(read.at("rules").at(0).at("rule"), "bull-completed");
  EXPECT_EQ(read.at("rules").at(0).at("bytes"), 1 << 20);
  EXPECT_EQ(read.at("rules").at(0).at("why"), "nobody reads them");
  EXPECT_EQ(read.at("left_alone").at(0).at("examples").at(0).at("key"), "bull:pay:1\n");
  EXPECT_EQ(read.at("facts").at("journal"), 60'800);
  EXPECT_EQ(read.at("expires"), "2024-05-01T13:34:56Z");
}

}  // namespace
}  // namespace headroom
