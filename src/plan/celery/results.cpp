#include "plan/celery/results.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "base/value_text.h"
#include "plan/step_parts.h"
#include "plan/ttl_warning.h"

namespace headroom::plan::celery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view result_word = "celery-task-meta-", group_word = "celery-taskset-meta-";
constexpr std::string_view results_rule = "celery-results", ttl_rule = "celery-result-ttl",
                           groups_rule = "celery-groups", group_ttl_rule = "celery-group-ttl";

constexpr std::string_view
    not_ended = "its task has not ended: the state is none of SUCCESS, FAILURE, REVOKED",
    not_read = "its value is none that headroom can read as a result of Celery",
    waited_for = "a client waits for it (it is subscribed to the result's channel)",
    in_a_chord = "keys of a chord of the same id are there: it may still run",
    group_of_no_age =
        "its idle time is not known (LFU, or a copy), and nothing in a group says how old it is";

/// What a value says of its task.
struct Told {
  bool readable = false, ended = false;
  std::optional<milliseconds> at{};
};

// Only these states have a date (celery/states.py READY_STATES).
bool final_state(std::string_view state) {
  return state == "SUCCESS" || state == "FAILURE" || state == "REVOKED";
}

Told told_by_json(std::string_view json) {
  const auto state = json_text(json, "status");
  if (!state) return {};
  Told told{true, final_state(*state), {}};
  if (const auto date = json_text(json, "date_done")) told.at = instant_of(*date);
  return told;
}

/// The date that stands at most so many bytes behind `at`.
std::optional<milliseconds> date_near(std::string_view value, std::size_t at) {
  constexpr std::size_t furthest = 16, length = 19;  // of pickle's opcodes; "2026-11-21T04:47:16"
  for (std::size_t i = at; i < at + furthest && i + length <= value.size(); ++i)
    if (const auto date = instant_of(value.substr(i, length))) return date;
  return std::nullopt;
}

// A result in YAML or pickle: both have the words of the states and the date in ASCII (measured). Nested data
// may hold the same words, so all that is told must agree: a final state, no other state, one date.
Told told_by_words(std::string_view value) {
  constexpr std::string_view word = "date_done";
  const auto at = value.find(word);
  if (at == std::string_view::npos || value.find(word, at + 1) != std::string_view::npos) return {};
  const auto has = [&](std::string_view state) { return value.find(state) != std::string_view::npos; };
  constexpr std::array<std::string_view, 4> unfinished{"PENDING", "STARTED", "RETRY", "PROGRESS"};
  Told told{true, has("SUCCESS") || has("FAILURE") || has("REVOKED"), date_near(value, at + word.size())};
  told.ended &= told.at.has_value() && std::none_of(unfinished.begin(), unfinished.end(), has);
  return told;
}

Told told_by(std::string_view value) {
  const auto first = value.find_first_not_of(" \n\t\r");
  return first != std::string_view::npos && value[first] == '{' ? told_by_json(value) : told_by_words(value);
}

PlanRule rule(std::string_view name, std::string what, std::string why, Removal removal) {
  PlanRule rule;
  rule.name = name, rule.family = "celery", rule.removal = removal;
  rule.what = std::move(what), rule.why = std::move(why);
  return rule;
}

std::string age_text(seconds age) { return human_duration(age); }

Step step_for(const StoredResult& result, std::uint16_t rule) {
  Step step;
  step.rule = rule, step.db = result.db, step.bytes = result.bytes.count;
  step.keys.emplace_back(result.key);
  return step;
}

}  // namespace

std::size_t result_prefix(std::string_view key) {
  const auto at = key.find(result_word);
  return at + result_word.size() < key.size() ? at : std::string_view::npos;
}

std::size_t group_prefix(std::string_view key) {
  const auto at = key.find(group_word);
  if (at == std::string_view::npos || at + group_word.size() >= key.size()) return std::string_view::npos;
  for (const std::string_view part : {".j", ".s", ".t"})
    if (key.ends_with(part)) return std::string_view::npos;
  return at;
}

Verdict judge(const StoredResult& result, milliseconds now, seconds age) {
  if (result.too_large) {
    // Not read: a TTL asks for no value, is taken back by PERSIST and goes when the result is written again.
    const bool old = result.idle && *result.idle >= age;
    return old ? Verdict{Fate::expire, {}, true}
               : Verdict{
                     Fate::leave,
                     "larger than 8 MiB, and used of late or not known to be unused: too large to be read",
                     true};
  }
  const Told told = told_by(result.value);
  if (!told.readable) return {Fate::leave, not_read};
  if (!told.ended) return {Fate::leave, not_ended};
  const bool old = told.at ? now - *told.at >= age : result.idle && *result.idle >= age;
  return {old ? Fate::remove : Fate::expire, {}, !told.at};
}

ResultRules::ResultRules(StepSink& steps, const CeleryPolicy& policy, ExpirySpread& spread, milliseconds now,
                         std::string_view maxmemory_policy, std::optional<milliseconds> moment)
    : steps_(steps),
      policy_(policy),
      spread_(spread),
      now_(now),
      moment_(moment.value_or(now)),
      removed_(steps,
               [age = policy.result_age] {
                 return rule(
                     results_rule,
                     "results without a TTL of tasks that ended more than " + age_text(age) + " ago",
                     "nothing in Celery will ever remove them: result_expires was None or 0 in the worker "
                     "that wrote them. Nobody is waiting for them; who asks later is told PENDING",
                     Removal::journal);
               }),
      expiring_(steps,
                [ttl = policy.result_ttl, warning = ttl_warning(maxmemory_policy)] {
                  return rule(
                      ttl_rule,
                      "results without a TTL of tasks that ended of late: a TTL of " + age_text(ttl),
                      "nothing in Celery will ever remove them. A result that is written again gets its "
                      "writer's TTL instead." +
                          warning,
                      Removal::ttl);
                }),
      groups_removed_(steps,
                      [age = policy.result_age] {
                        return rule(
                            groups_rule, "saved groups without a TTL, not used for " + age_text(age),
                            "Celery leaves them to a TTL that they do not have; no chord of the same id "
                            "is there",
                            Removal::journal);
                      }),
      groups_expiring_(steps, [ttl = policy.result_ttl, warning = ttl_warning(maxmemory_policy)] {
        return rule(group_ttl_rule, "saved groups without a TTL: a TTL of " + age_text(ttl),
                    "Celery leaves them to a TTL that they do not have." + warning, Removal::ttl);
      }) {}

Result<bool> ResultRules::remove(const StoredResult& result, bool awaited) {
  if (awaited) {
    leave(result, waited_for);
    return true;
  }
  Step step = step_for(result, removed_.of(result.key.substr(0, result_prefix(result.key))));
  auto same = check_of(CheckKind::value_hash, 0);
  same.number = static_cast<std::int64_t>(hash_bytes(result.value));
  step.checks.push_back(std::move(same));
  step.checks.push_back(no_ttl(0));
  step.changes.push_back(change_of(ChangeKind::remove, 0));
  return steps_.step(step);
}

Result<bool> ResultRules::expire(const StoredResult& result) {
  return expire(result, expiring_, result_prefix(result.key));
}

// No check of the type: Celery writes these names with SET alone, and a check beyond "no TTL" would make a
// script of what the server does by itself.
Result<bool> ResultRules::expire(const StoredResult& result, OwnerRules& rules, std::size_t prefix) {
  Step step = step_for(result, rules.of(result.key.substr(0, prefix)));
  step.checks.push_back(no_ttl(0));
  step.changes.push_back(expire_at(0, spread_.next(now_ + policy_.result_ttl)));
  return steps_.step(step);
}

void ResultRules::leave(const StoredResult& result, std::string_view why) {
  left_.add(results_rule, result.key.substr(0, result_prefix(result.key)), why, result.key, result.bytes);
}

Result<bool> ResultRules::group(const StoredResult& group, bool in_chord) {
  const auto prefix = group_prefix(group.key);
  const auto owner = group.key.substr(0, prefix);
  if (in_chord || !group.idle) {
    left_.add(groups_rule, owner, in_chord ? in_a_chord : group_of_no_age, group.key, group.bytes);
    return true;
  }
  if (*group.idle < policy_.result_age) return expire(group, groups_expiring_, prefix);
  Step step = step_for(group, groups_removed_.of(owner));
  for (const std::string_view part : {".j", ".s"}) step.keys.push_back(std::string(group.key).append(part));
  step.checks = {idle_at_least(0, policy_.result_age), type_is(0, "string"), no_ttl(0), absent(1), absent(2)};
  step.changes.push_back(change_of(ChangeKind::remove, 0));
  return steps_.step(step);
}

}  // namespace headroom::plan::celery
