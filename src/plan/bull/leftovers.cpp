#include "plan/bull/leftovers.h"

#include <algorithm>
#include <charconv>

#include "plan/bull/orphans.h"

namespace headroom::plan::bull {
namespace {

constexpr RuleWords sub_key_words{"bull-sub-keys", "logs and children of jobs that are gone",
                                  "the job they belong to does not exist any more"};
constexpr RuleWords deduplication_words{"bull-deduplication", "deduplication keys of jobs that are gone",
                                        "they have no TTL, so every later add() with the same id is dropped"};
constexpr RuleWords finished_words{"bull-danglers", "ids of finished jobs whose hash is gone",
                                   "nothing is left of the job but its id"};
constexpr RuleWords waiting_words{"bull-waiting-danglers", "ids in work whose hash is gone",
                                  "a worker would run them without name and data"};
constexpr RuleWords legacy_words{"bull-legacy", "keys that only older versions of the library use",
                                 "this version neither reads nor writes them"};
constexpr RuleWords ttl_words{
    "bull-infrastructure-ttl", "TTLs on keys of a queue that must not expire, taken off",
    "the library gives them none; when they expire, the queue loses work, its counter or "
    "its schedules"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_counted(std::string_view id, std::uint64_t counter) {
  if (!all_digits(id) || id.front() == '0') return false;
  std::uint64_t number = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
  return read.ec == std::errc() && number <= counter;
}

/// The 36 characters that `uuid` and crypto.randomUUID() make, in lower case.
bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (form[i] == '-' ? c != '-' : !digit) return false;
  }
  return true;
}

}  // namespace

// node_modules/bullmq/dist/cjs/classes/{flow-producer,job-scheduler}.js, bull/lib/{queue,repeatable}.js.
bool is_given_id(std::string_view id, std::uint64_t counter) {
  constexpr std::size_t uuid_length = 36;
  constexpr std::string_view repeat = "repeat:";
  if (is_counted(id, counter) || is_uuid(id)) return true;
  if (id.size() > uuid_length && id[uuid_length] == ':' && is_uuid(id.substr(0, uuid_length))) return true;
  const auto last = id.rfind(':');
  return id.starts_with(repeat) && last > repeat.size() && all_digits(id.substr(last + 1));
}

Result<bool> take_sub_key(QueueRules& rules, const BullSubKey& one, Remover& remover) {
  if (!one.there || one.job_there) return true;
  const auto& part = bull_job_parts[one.part];
  Step step;
  const auto job = rules.queue().key(one.id);
  step.keys = {job + ":" + std::string(part.suffix), job};
  step.bytes = one.bytes.count;
  if (part.type == "hash" && !one.of_children) return true;  // the application's own, or a stub of that id
  if (!one.named && !one.of_queues && !is_given_id(one.id, one.counter)) {
    rules.leave(
        sub_key_words,
        "no job of this id was seen, and the library gives no such id: it may be the application's own key",
        step.keys[0], one.bytes);
    return true;
  }
  if (one.idle && *one.idle < OrphanRule::settled) {
    rules.leave(sub_key_words, "touched within the last minute", step.keys[0], one.bytes);
    return true;
  }
  step.checks = {{.kind = CheckKind::absent, .key = 1},
                 {.kind = CheckKind::type_is, .key = 0, .text = std::string(part.type)}};
  if (part.type == "hash")
    step.checks.push_back({.kind = CheckKind::field_missing, .key = 0, .member = "timestamp"});
  remover.take_away(step, 0);
  return rules.add(sub_key_words, std::move(step), remover.removal());
}

Result<bool> take_deduplication(QueueRules& rules, const BullDeduplication& one) {
  if (one.id.empty() || one.has_ttl || one.job_there) return true;
  Step step;
  step.keys = {one.key, rules.queue().key(one.id)};
  step.bytes = one.bytes.count;
  step.checks = {{.kind = CheckKind::value_is, .key = 0, .text = one.id},
                 {.kind = CheckKind::no_ttl, .key = 0},
                 {.kind = CheckKind::absent, .key = 1}};
  step.changes = {{.kind = ChangeKind::remove, .key = 0}};
  return rules.add(deduplication_words, std::move(step));
}

Result<bool> take_dangler(QueueRules& rules, const BullDangler& one, const BullPolicy& policy) {
  const bool finished = one.state == "completed" || one.state == "failed";
  // Up to 5.0 a marker of this form lies in the lists beside the jobs, to wake up a worker.
  if (!one.score && one.id.starts_with("0:")) return true;
  const auto& words = finished ? finished_words : waiting_words;
  Step step;
  step.keys = {rules.queue().key(one.state), rules.queue().key(one.id)};
  if (!finished && !policy.waiting_danglers) {
    rules.leave(words,
                "an id in `" + one.state +
                    "` without a job: a worker will run it without name and data; "
                    "dropping it is a repair (policy: waiting_danglers)",
                step.keys[1], {});
    return true;
  }
  if (finished && !policy.danglers) return true;
  step.checks = {{.kind = CheckKind::absent, .key = 1}};
  if (one.score) {
    step.checks.push_back({.kind = CheckKind::score_is, .key = 0, .text = one.id, .real = *one.score});
    step.changes = {{.kind = ChangeKind::zset_remove, .key = 0, .member = one.id}};
  } else {
    step.checks.push_back({.kind = CheckKind::type_is, .key = 0, .text = "list"});
    step.changes = {{.kind = ChangeKind::list_remove, .key = 0, .member = one.id}};
  }
  return rules.add(words, std::move(step));
}

Result<bool> take_legacy_key(QueueRules& rules, const BullLegacyKey& one, unsigned version) {
  const unsigned since = one.suffix == "priority" ? 4 : 2;
  if (!rules.queue().is_bullmq() || version < since) return true;
  Step step;
  step.keys = {rules.queue().key(one.suffix)};
  step.bytes = one.bytes.count;
  const auto leave = [&](std::string_view why) {
    rules.leave(legacy_words, why, step.keys[0], one.bytes);
    return true;
  };
  if (one.in_use)
    return leave("jobs that it orders still wait: a producer of version 3 or earlier is at work");
  if (!one.idle) return leave("since when nobody uses it is not known (LFU, or a copy)");
  if (*one.idle < OrphanRule::settled)
    return leave("touched within the last minute: who is it that uses it?");
  step.checks = {{.kind = CheckKind::length_at_most,
                  .key = 0,
                  .text = one.type,
                  .number = static_cast<std::int64_t>(one.length)}};
  journal_away(step);
  return rules.add(legacy_words, std::move(step));
}

Result<bool> take_ttl(QueueRules& rules, const std::string& key, const std::string& type) {
  Step step;
  step.keys = {key};
  step.checks = {{.kind = CheckKind::type_is, .key = 0, .text = type}};
  step.changes = {{.kind = ChangeKind::persist, .key = 0}};
  return rules.add(ttl_words, std::move(step));
}

}  // namespace headroom::plan::bull
