#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/quarantine.h"
#include "apply_kit.h"
#include "base/hash.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::RedisServer;
using test::Talk;

/// Batches of steps that are all alike: strings that the script compares, and keys that go with their member
/// of a sorted set. The server is changed after the values were read and before they go.
class ExecuteAlike : public testing::Test {
 protected:
  void between(std::function<void()> act) {
    applying.pace.on_permit = [this, act = std::move(act)] {
      if (applying.pace.permits == 2) act();
      return true;
    };
  }
  StepOutcome outcome(std::uint64_t number) const {
    for (const auto& one : applying.entries.outcomes)
      if (one.number == number) return one.outcome;
    return StepOutcome::pending;
  }
  static Step string_step(const std::string& key) {
    auto step = test::remove_string(key);
    step.checks = {{.kind = CheckKind::value_hash, .number = static_cast<std::int64_t>(hash_bytes("old"))}};
    return step;
  }
  static Step job_step(const std::string& id, double score) {
    Step step;
    step.keys = {"job:" + id, "done"};
    step.bytes = 100;
    step.checks = {{.kind = CheckKind::score_is, .key = 1, .text = id, .real = score},
                   {.kind = CheckKind::field_is, .key = 0, .member = "t", .text = "1"}};
    step.changes = {{.kind = ChangeKind::remove, .key = 0},
                    {.kind = ChangeKind::zset_remove, .key = 1, .member = id}};
    return step;
  }
  void make_jobs(int count) {
    for (int i = 0; i < count; ++i) {
      talk({"HSET", "job:" + std::to_string(i), "t", "1"});
      talk({"ZADD", "done", std::to_string(i) + ".5", std::to_string(i)});
    }
  }
  RedisServer server;
  Talk talk{server};
  Applying applying{server};
};

// APPLY-2 F42: each string of a batch is proved for itself at the moment it goes
TEST_F(ExecuteAlike, strings_that_changed_after_they_were_read_stay_and_the_others_go) {
  for (const char* key : {"a", "b", "c", "d", "e"}) talk({"SET", key, "old"});
  between([&] {
    talk({"SET", "b", "new"});
    talk({"DEL", "c"});
    talk({"DEL", "d"});
    talk({"RPUSH", "d", "old"});
  });
  const auto report = applying.run(
      {string_step("a"), string_step("b"), string_step("c"), string_step("d"), string_step("e")});
  EXPECT_EQ(report.removed, 2U);
  EXPECT_EQ(outcome(0), StepOutcome::removed);
  EXPECT_EQ(outcome(1), StepOutcome::changed);
  EXPECT_EQ(outcome(2), StepOutcome::gone);
  EXPECT_EQ(outcome(3), StepOutcome::changed);
  EXPECT_EQ(outcome(4), StepOutcome::removed);
  EXPECT_EQ(talk({"GET", "b"}).text, "new");
  EXPECT_EQ(talk({"LLEN", "d"}).integer, 1);
  EXPECT_EQ(talk({"EXISTS", "a", "c", "e"}).integer, 0);
}

// UNDO-1 F42: what the journal says of a key is true at the moment it goes, its deadline too
TEST_F(ExecuteAlike, a_string_that_got_a_ttl_after_it_was_read_is_journaled_with_it) {
  for (const char* key : {"a", "b"}) talk({"SET", key, "old"});
  between([&] { talk({"PEXPIREAT", "a", "4102444800000"}); });
  EXPECT_EQ(applying.run({string_step("a"), string_step("b")}).removed, 2U);
  std::int64_t last = 0;
  for (const auto& step : applying.entries.steps)
    if (step.number == 0) last = step.before.at(0).removed->expires_at;
  EXPECT_EQ(last, 4102444800000);
}

// APPLY-2: that a string has no TTL is a word of the plan, which the script checks; here it is so no longer
TEST_F(ExecuteAlike, strings_planned_without_a_ttl_stay_when_they_have_one) {
  std::vector<Step> steps;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    talk({"SET", key, "old"});
    steps.push_back(string_step(key));
    steps.back().checks.push_back({.kind = CheckKind::no_ttl});
  }
  talk({"PEXPIREAT", "a", "4102444800000"});
  talk({"DEL", "b", "d"});
  talk({"RPUSH", "d", "old"});
  between([&] { talk({"PEXPIREAT", "c", "4102444800000"}); });
  EXPECT_EQ(applying.run(steps).removed, 1U);
  EXPECT_EQ(outcome(0), StepOutcome::changed);
  EXPECT_EQ(outcome(1), StepOutcome::gone);
  EXPECT_EQ(outcome(2), StepOutcome::changed);
  EXPECT_EQ(outcome(3), StepOutcome::changed);
  EXPECT_EQ(outcome(4), StepOutcome::removed);
  EXPECT_EQ(talk({"EXISTS", "a", "b", "c", "d", "e"}).integer, 3);
}

// APPLY-2: quarantined are those of the type of the plan that still have no TTL
TEST_F(ExecuteAlike, keys_go_to_quarantine_where_they_are_as_planned) {
  std::vector<Step> steps;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    talk({"SET", key, "old"});
    steps.push_back({.keys = {key},
                     .checks = {{.kind = CheckKind::type_is, .text = "string"}, {.kind = CheckKind::no_ttl}},
                     .changes = {{.kind = ChangeKind::quarantine}},
                     .bytes = 100});
  }
  talk({"DEL", "b", "c"});
  talk({"RPUSH", "c", "old"});
  talk({"PEXPIREAT", "d", "4102444800000"});
  const auto taken = quarantine_name(applying.plan.id, "e");
  talk({"SET", taken, "another"});
  const auto report = applying.run(steps);
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(outcome(0), StepOutcome::removed);
  EXPECT_EQ(outcome(1), StepOutcome::gone);
  EXPECT_EQ(outcome(2), StepOutcome::changed);
  EXPECT_EQ(outcome(3), StepOutcome::changed);
  EXPECT_EQ(outcome(4), StepOutcome::failed);
  EXPECT_EQ(talk({"GET", quarantine_name(applying.plan.id, "a")}).text, "old");
  EXPECT_EQ(talk({"GET", taken}).text, "another");
  EXPECT_EQ(talk({"EXISTS", "a", "c", "d", "e"}).integer, 3);
}

TEST_F(ExecuteAlike, the_same_string_twice_goes_once) {
  for (const char* key : {"a", "b"}) talk({"SET", key, "old"});
  const auto report = applying.run({string_step("a"), string_step("a"), string_step("b")});
  EXPECT_EQ(talk({"EXISTS", "a", "b"}).integer, 0);
  EXPECT_EQ(outcome(2), StepOutcome::removed);
  EXPECT_EQ(report.failed + report.unknown + report.pending, 0U);
}

// APPLY-2: of a batch, only those that have the score of the plan
TEST_F(ExecuteAlike, keys_go_with_their_members_where_the_score_is_as_planned) {
  make_jobs(4);
  talk({"ZADD", "done", "99", "1"});
  talk({"ZREM", "done", "2"});
  const auto report =
      applying.run({job_step("0", 0.5), job_step("1", 1.5), job_step("2", 2.5), job_step("3", 3.5)});
  EXPECT_EQ(report.removed, 2U);
  EXPECT_EQ(outcome(1), StepOutcome::changed);
  EXPECT_EQ(outcome(2), StepOutcome::changed);
  EXPECT_EQ(talk({"EXISTS", "job:0", "job:3"}).integer, 0);
  EXPECT_EQ(talk({"EXISTS", "job:1", "job:2"}).integer, 2);
  EXPECT_EQ(talk({"ZRANGE", "done", "0", "-1"}).items.size(), 1U);
}

TEST_F(ExecuteAlike, keys_stay_where_the_set_is_none_or_gone) {
  make_jobs(2);
  talk({"DEL", "done"});
  applying.run({job_step("0", 0.5), job_step("1", 1.5)});
  EXPECT_EQ(outcome(0), StepOutcome::gone);
  talk({"SET", "done", "x"});
  applying.run({job_step("0", 0.5), job_step("1", 1.5)});
  EXPECT_EQ(outcome(0), StepOutcome::changed);
  EXPECT_EQ(talk({"EXISTS", "job:0", "job:1"}).integer, 2);
}

// F31: before 6.2, or where it is forbidden, there is no ZMSCORE
TEST_F(ExecuteAlike, scores_are_asked_one_by_one_where_they_must) {
  make_jobs(3);
  talk({"ZADD", "done", "99", "1"});
  talk({"ACL", "SETUSER", "default", "-zmscore"});
  EXPECT_EQ(applying.run({job_step("0", 0.5), job_step("1", 1.5), job_step("2", 2.5)}).removed, 2U);
  EXPECT_EQ(outcome(1), StepOutcome::changed);
  EXPECT_EQ(talk({"EXISTS", "job:1"}).integer, 1);
}

}  // namespace
}  // namespace headroom::act
