#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apply_kit.h"
#include "base/hash.h"
#include "model/fingerprint.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::RedisServer;
using test::Talk;
using Commands = std::vector<std::vector<std::string>>;

struct Case {
  const char* name;
  Commands before;  ///< about the key "K", to whose name that of the case is added
  Check check;
  StepOutcome outcome;  ///< of a step with that check and nothing else to stop it
};

constexpr auto done = StepOutcome::removed, changed = StepOutcome::changed, gone = StepOutcome::gone;

std::int64_t job_fingerprint() {
  std::vector<std::optional<std::string>> fields(fingerprint_fields.size());
  fields[0] = "17";
  return fingerprint(fields);
}

const Commands none{}, text{{"SET", "K", "value"}}, list{{"RPUSH", "K", "a", "b", "c"}},
    set{{"SADD", "K", "a", "b"}}, zset{{"ZADD", "K", "1.1", "a", "-inf", "b"}},
    hash{{"HSET", "K", "a", "1", "big", "9007199254740993", "timestamp", "17"}},
    stream{{"XADD", "K", "1-1", "f", "v"}}, later{{"SET", "K", "value", "PXAT", "4102444800123"}};

std::vector<Case> cases_of_keys() {
  const auto value = static_cast<std::int64_t>(hash_bytes("value"));
  using enum CheckKind;
  return {
      {"absent_none", none, {.kind = absent}, done},
      {"absent_there", text, {.kind = absent}, changed},
      {"type_string", text, {.kind = type_is, .text = "string"}, done},
      {"type_stream", stream, {.kind = type_is, .text = "stream"}, done},
      {"type_other", list, {.kind = type_is, .text = "string"}, changed},
      {"type_none", none, {.kind = type_is, .text = "string"}, gone},
      {"no_ttl", text, {.kind = no_ttl}, done},
      {"no_ttl_has_one", later, {.kind = no_ttl}, changed},
      {"no_ttl_none", none, {.kind = no_ttl}, gone},
      {"expires_then", later, {.kind = expires_at, .number = 4102444800123}, done},
      {"expires_another_time", later, {.kind = expires_at, .number = 4102444800124}, changed},
      {"expires_never", text, {.kind = expires_at, .number = 4102444800123}, changed},
      {"idle", text, {.kind = idle_at_least, .number = 0}, done},
      {"idle_not_so_long", text, {.kind = idle_at_least, .number = 1000}, changed},
      {"idle_number", {{"SET", "K", "123456"}}, {.kind = idle_at_least, .number = 0}, done},
      // One object for all keys with this value: it tells when any of them was read, or nothing at all.
      {"idle_of_many_keys", {{"SET", "K", "7"}}, {.kind = idle_at_least, .number = 0}, changed},
      {"idle_none", none, {.kind = idle_at_least, .number = 0}, gone},
      {"value_hash", text, {.kind = value_hash, .number = value}, done},
      {"value_hash_other", text, {.kind = value_hash, .number = value + 1}, changed},
      {"value_hash_none", none, {.kind = value_hash, .number = value}, gone},
      {"value_hash_of_a_list", list, {.kind = value_hash, .number = value}, changed},
      {"value", text, {.kind = value_is, .text = "value"}, done},
      {"value_other", text, {.kind = value_is, .text = "valu"}, changed},
      {"value_of_a_hash", hash, {.kind = value_is, .text = "value"}, changed},
      {"llen", list, {.kind = length_at_most, .text = "list", .number = 3}, done},
      {"llen_longer", list, {.kind = length_at_most, .text = "list", .number = 2}, changed},
      {"scard", set, {.kind = length_at_most, .text = "set", .number = 2}, done},
      {"scard_larger", set, {.kind = length_at_most, .text = "set", .number = 1}, changed},
      {"zcard", zset, {.kind = length_at_most, .text = "zset", .number = 2}, done},
      {"zcard_larger", zset, {.kind = length_at_most, .text = "zset", .number = 1}, changed},
      {"hlen", hash, {.kind = length_at_most, .text = "hash", .number = 3}, done},
      {"hlen_larger", hash, {.kind = length_at_most, .text = "hash", .number = 2}, changed},
      {"xlen", stream, {.kind = length_at_most, .text = "stream", .number = 1}, done},
      {"xlen_longer", stream, {.kind = length_at_most, .text = "stream", .number = 0}, changed},
      {"length_of_another_type", text, {.kind = length_at_most, .text = "list", .number = 9}, changed},
      {"length_none", none, {.kind = length_at_most, .text = "list", .number = 0}, done},
  };
}

std::vector<Case> cases_of_members() {
  using enum CheckKind;
  return {
      {"score", zset, {.kind = score_is, .text = "a", .real = 1.1}, done},
      {"score_infinite", zset, {.kind = score_is, .text = "b", .real = -HUGE_VAL}, done},
      {"score_other", zset, {.kind = score_is, .text = "a", .real = 1.1000000000000003}, changed},
      {"score_no_member", zset, {.kind = score_is, .text = "c", .real = 1.1}, changed},
      {"member_of_set", set, {.kind = member, .text = "a"}, done},
      {"member_of_zset", zset, {.kind = member, .text = "a"}, done},
      {"member_of_hash", hash, {.kind = member, .text = "a"}, done},
      {"member_not", set, {.kind = member, .text = "z"}, changed},
      {"member_of_a_list", list, {.kind = member, .text = "a"}, changed},
      {"member_none", none, {.kind = member, .text = "a"}, gone},
      {"no_member_of_set", set, {.kind = no_member, .text = "z"}, done},
      {"no_member_of_zset", zset, {.kind = no_member, .text = "z"}, done},
      {"no_member_of_hash", hash, {.kind = no_member, .text = "z"}, done},
      {"no_member_is", zset, {.kind = no_member, .text = "a"}, changed},
      {"no_member_none", none, {.kind = no_member, .text = "a"}, done},
      {"no_member_of_a_list", list, {.kind = no_member, .text = "z"}, changed},
      {"not_listed", list, {.kind = not_listed, .text = "z", .number = 3}, done},
      {"not_listed_is", list, {.kind = not_listed, .text = "c", .number = 3}, changed},
      {"not_listed_longer", list, {.kind = not_listed, .text = "z", .number = 2}, changed},
      {"not_listed_none", none, {.kind = not_listed, .text = "z", .number = 0}, done},
      {"field", hash, {.kind = field_is, .member = "a", .text = "1"}, done},
      {"field_large_number", hash, {.kind = field_is, .member = "big", .text = "9007199254740993"}, done},
      {"field_other", hash, {.kind = field_is, .member = "big", .text = "9007199254740992"}, changed},
      {"field_not", hash, {.kind = field_is, .member = "z", .text = "1"}, changed},
      {"field_missing", hash, {.kind = field_missing, .member = "z"}, done},
      {"field_missing_is", hash, {.kind = field_missing, .member = "a"}, changed},
      {"field_missing_none", none, {.kind = field_missing, .member = "a"}, gone},
      {"field_at_most", hash, {.kind = field_at_most, .member = "a", .number = 1}, done},
      {"field_at_most_more", hash, {.kind = field_at_most, .member = "a", .number = 0}, changed},
      {"field_at_most_no_number",
       {{"HSET", "K", "a", "0x0"}},
       {.kind = field_at_most, .member = "a", .number = 9},
       changed},
      {"field_at_most_not", hash, {.kind = field_at_most, .member = "z", .number = 9}, changed},
      {"fingerprint", hash, {.kind = fingerprint, .number = job_fingerprint()}, done},
      {"fingerprint_other", hash, {.kind = fingerprint, .number = job_fingerprint() + 1}, changed},
  };
}

std::vector<Case> cases() {
  auto all = cases_of_keys();
  for (auto& one : cases_of_members()) all.push_back(std::move(one));
  return all;
}

struct Manner {
  const char* name;
  bool scripts, watch;
  bool itself;  ///< the key that is checked is the one that goes
  ChangeKind change;
};

const Manner manners[] = {
    {"watched", true, true, false, ChangeKind::remove},
    {"watched_itself", true, true, true, ChangeKind::remove},
    {"compared", true, false, false, ChangeKind::remove},
    {"compared_itself", true, false, true, ChangeKind::remove},
    {"plain", false, true, false, ChangeKind::remove},
    {"plain_itself", false, true, true, ChangeKind::remove},
    {"direct", true, true, false, ChangeKind::quarantine},
    {"direct_itself", true, true, true, ChangeKind::quarantine},
};

Step step_of(const Case& one, const Manner& manner, bool hint) {
  const std::string name(one.name), key = "K:" + name;
  Step step;
  step.keys = {manner.itself ? key : "victim:" + name};
  auto check = one.check;
  if (!manner.itself) {
    step.keys.push_back(key);
    check.key = 1;
  }
  step.checks = {check};
  // Told the type and a size, values are read by GET and HGETALL; otherwise by DUMP.
  if (hint && !manner.itself) step.checks.push_back({.kind = CheckKind::type_is, .text = "string"});
  if (hint) step.bytes = 100;
  step.changes = {{.kind = manner.change}};
  return step;
}

void prepare(const Talk& talk, const std::vector<Case>& all) {
  talk({"FLUSHALL"});
  for (const auto& one : all) {
    for (auto command : one.before) {
      command[1] += ":" + std::string(one.name);
      talk(command);
    }
    talk({"SET", "victim:" + std::string(one.name), "v"});
  }
}

void look(const Talk& talk, const Case& one, const Manner& manner, StepOutcome outcome) {
  const bool missing = one.before.empty();
  // What is not there cannot go, whatever the check says.
  const auto expected = missing && manner.itself && one.outcome == done ? gone : one.outcome;
  EXPECT_EQ(outcome, expected);
  const bool left = expected != done && !(manner.itself && missing);
  EXPECT_EQ(talk({"EXISTS", (manner.itself ? "K:" : "victim:") + std::string(one.name)}).integer,
            left ? 1 : 0);
}

// APPLY-2 APPLY-8: every kind of check, true and not, in every manner of making a step
TEST(ExecuteChecks, hold_and_fail_alike_in_every_manner) {
  RedisServer server;
  const Talk talk(server);
  const auto all = cases();
  for (const auto& manner : manners) {
    for (const bool hint : {false, true}) {
      prepare(talk, all);
      Applying applying(server);
      applying.options.scripts = manner.scripts;
      applying.options.watch = manner.watch;
      std::vector<Step> steps;
      for (const auto& one : all) steps.push_back(step_of(one, manner, hint));
      const auto report = applying.run(std::move(steps));
      EXPECT_TRUE(report.complete) << report.stopped_by;
      std::map<std::uint64_t, StepOutcome> outcomes;
      for (const auto& outcome : applying.entries.outcomes) outcomes[outcome.number] = outcome.outcome;
      ASSERT_EQ(outcomes.size(), all.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        SCOPED_TRACE(std::string(manner.name) + " " + all[i].name + (hint ? " hinted" : ""));
        look(talk, all[i], manner, outcomes[i]);
      }
    }
  }
}

}  // namespace
}  // namespace headroom::act
