#include "plan/bull/orphans.h"

#include <algorithm>

namespace headroom::plan::bull {
namespace {

constexpr RuleWords stubs{"bull-stubs", "stubs: what a run wrote for a job that was gone",
                          "no job, named nowhere, and it blocks add() of its id"};
constexpr RuleWords blocking{
    "bull-orphans-blocking", "orphaned jobs with ids of the application's own",
    "no list or set names them, so no worker will ever see them; add() of the same id "
    "does nothing as long as they are there"};
constexpr RuleWords orphans{
    "bull-orphans", "orphaned jobs",
    "no list or set names them, so no worker will ever see them, and clean() does not either"};

bool is_number(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_stub(const BullCandidate& one) {
  if (one.fields.empty()) return false;
  return std::all_of(one.fields.begin(), one.fields.end(), [](const std::string& field) {
    return std::find(bull_run_fields.begin(), bull_run_fields.end(), field) != bull_run_fields.end();
  });
}

OrphanRule::Kind OrphanRule::kind(const BullCandidate& one) const {
  if (!one.there || one.named || bull_queue_part(one.id) != nullptr) return Kind::none;
  if (one.has_name && one.has_data && one.has_opts && one.has_timestamp) {
    if (!policy_.orphans) return Kind::none;
    return is_number(one.id) ? Kind::orphan : Kind::blocking;
  }
  return policy_.stubs && is_stub(one) ? Kind::stub : Kind::none;
}

std::optional<std::string_view> OrphanRule::why_not(const BullCandidate& one, const BullNews& news) const {
  if (one.grouped) return "a job of a group of BullMQ Pro";
  if (one.locked) return "a worker holds it";
  if (one.mentioned) return "it moved while the queue was read";
  if (news.paused) return "the queue was paused or resumed while it was read: all jobs moved";
  if (one.newest && now_ - *one.newest < policy_.orphan_age) return "too young (policy: orphan_age)";
  const bool settled_long = one.idle && *one.idle >= settled;
  if (!news.covered && !settled_long)
    return one.idle
               ? "touched within the last minute, and the event stream does not tell what happened to it"
               : "neither events nor an idle time tell whether it moved; a snapshot does (--source snapshot)";
  if (!one.newest && !settled_long)
    return one.idle ? "it has no time of its own, and was touched within the last minute"
                    : "it has no time of its own, and no idle time tells how old it is";
  if (news.elsewhere && std::max({look_.waiting, look_.active, look_.paused}) > longest_list)
    return "the copy is not known to be of this server's past, and its lists are too long to be searched in "
           "the step: use --source snapshot";
  if (one.awaited)
    return "its parent still waits for it and is stuck: job.removeChildDependency() of BullMQ frees it";
  return std::nullopt;
}

Result<bool> OrphanRule::take(std::span<const BullCandidate> all, const BullNews& news) {
  for (const auto& [wanted, words] :
       {std::pair{Kind::stub, &stubs}, {Kind::blocking, &blocking}, {Kind::orphan, &orphans}})
    for (const auto& one : all) {
      if (kind(one) != wanted) continue;
      if (const auto reason = why_not(one, news)) {
        rules_.leave(*words, *reason, rules_.queue().key(one.id), one.bytes);
        continue;
      }
      if (const auto added = rules_.add(*words, step_for(one, news), remover_.removal()); !added)
        return added;
    }
  return true;
}

Step OrphanRule::step_for(const BullCandidate& one, const BullNews& news) {
  Step step;
  step.keys = {rules_.queue().key(one.id)};
  step.bytes = one.bytes.count;
  step.checks.push_back({.kind = CheckKind::fingerprint, .key = 0, .number = one.fingerprint});
  add_containers(step, one.id, news);
  if (news.copy) add_parent(step, one);
  step.checks.push_back({.kind = CheckKind::absent, .key = add_key(step, step.keys[0] + ":lock")});
  remover_.take_away(step, 0);
  for (std::size_t i = 0; i < bull_job_parts.size(); ++i) {
    if ((one.parts >> i & 1U) == 0) continue;
    const auto key = add_key(step, step.keys[0] + ":" + std::string(bull_job_parts[i].suffix));
    step.checks.push_back(
        {.kind = CheckKind::type_is, .key = key, .text = std::string(bull_job_parts[i].type)});
    remover_.take_away(step, key, true);
  }
  return step;
}

void OrphanRule::add_parent(Step& step, const BullCandidate& one) const {
  if (!rules_.queue().is_bullmq()) return;
  if (one.parent.empty()) {
    step.checks.push_back({.kind = CheckKind::field_missing, .key = 0, .member = "parentKey"});
    return;
  }
  step.checks.push_back({.kind = CheckKind::field_is, .key = 0, .member = "parentKey", .text = one.parent});
  step.checks.push_back({.kind = CheckKind::no_member,
                         .key = add_key(step, one.parent + ":dependencies"),
                         .text = step.keys[0]});
}

void OrphanRule::add_containers(Step& step, std::string_view id, const BullNews& news) const {
  const auto& queue = rules_.queue();
  const auto no_member = [&](std::string_view state) {
    step.checks.push_back(
        {.kind = CheckKind::no_member, .key = add_key(step, queue.key(state)), .text = std::string(id)});
  };
  for (const auto state : {"completed", "failed", "delayed"}) no_member(state);
  if (queue.is_bullmq())
    for (const auto state : {"prioritized", "waiting-children"}) no_member(state);
  const auto not_listed = [&](std::string_view state, std::uint64_t length) {
    if (length > longest_list / 2 && !news.elsewhere) return;
    step.checks.push_back({.kind = CheckKind::not_listed,
                           .key = add_key(step, queue.key(state)),
                           .text = std::string(id),
                           .number = static_cast<std::int64_t>(longest_list)});
  };
  not_listed("wait", look_.waiting);
  not_listed("active", look_.active);
  not_listed("paused", look_.paused);
}

}  // namespace headroom::plan::bull
