#include "plan/bull/finished.h"

#include <charconv>
#include <utility>

#include "plan/bull/retention.h"

namespace headroom::plan::bull {
namespace {

// Clocks of the machines of one application differ by less.
constexpr std::chrono::milliseconds clock_difference = std::chrono::hours(1);

std::uint16_t add_key(Step& step, std::string key) {
  step.keys.push_back(std::move(key));
  return static_cast<std::uint16_t>(step.keys.size() - 1);
}

void remove_parts(Step& step, const BullFinishedJob& job) {
  for (std::size_t i = 0; i < bull_job_parts.size(); ++i) {
    if ((job.parts >> i & 1U) == 0) continue;
    const auto& part = bull_job_parts[i];
    const auto key = add_key(step, step.keys[0] + ":" + std::string(part.suffix));
    if (part.type == "hash")
      step.checks.push_back({.kind = CheckKind::field_missing, .key = key, .member = "timestamp"});
    else
      step.checks.push_back({.kind = CheckKind::type_is, .key = key, .text = std::string(part.type)});
    step.changes.push_back({.kind = ChangeKind::remove_if_there, .key = key});
  }
}

}  // namespace

FinishedRule::FinishedRule(BullQueue queue, std::string_view state, const BullPolicy& policy,
                           const HashSet& pending, std::chrono::milliseconds began, StepSink& steps)
    : queue_(std::move(queue)),
      state_(state),
      state_key_(queue_.key(state)),
      policy_(policy),
      pending_(pending),
      began_(began),
      steps_(steps) {}

// In two states: the counter of ids began anew, and a job of today was written over one that ended (fact:
// seed 001 in bull-bullmq.md 3.1). The ids that wait tell; where they do not fit into memory, and for a job
// that was added while we looked, the hash tells: it is younger than the end.
bool FinishedRule::reused(const BullFinishedJob& job) const {
  if (pending_.has(job.id)) return true;
  double added = 0;
  if (!job.timestamp) return false;
  std::from_chars(job.timestamp->data(), job.timestamp->data() + job.timestamp->size(), added);
  if (added <= job.score) return false;
  return !pending_.whole() || added > static_cast<double>((began_ - clock_difference).count());
}

std::optional<std::string_view> FinishedRule::why_not(const BullFinishedJob& job) const {
  if (bull_queue_part(job.id) != nullptr) return "its key has the name of a part of the queue itself";
  if (reused(job)) return "in two states: its id was given to another job that is not finished";
  if (state_ != "failed" || !job.awaited) return std::nullopt;
  if (!policy_.release_parents)
    return "a failed child that its parent still waits for: without it the parent never runs (retry it, or "
           "--release-parents)";
  if (job.sibling.empty())
    return "the last child that its parent waits for: to release the parent, it must be put to work; "
           "job.removeChildDependency() or queue.clean() of BullMQ does both";
  return std::nullopt;
}

Result<bool> FinishedRule::take(const BullFinishedJob& job) {
  if (!job.there) return true;
  if (const auto reason = why_not(job)) {
    left_.add("bull-" + state_, queue_.root, *reason, queue_.key(job.id), job.bytes);
    return true;
  }
  auto step = step_for(job);
  step.rule = rule();
  return steps_.step(step);
}

Step FinishedRule::step_for(const BullFinishedJob& job) const {
  Step step;
  step.db = queue_.db;
  step.keys = {queue_.key(job.id), state_key_};
  step.bytes = job.bytes.count + finished_entry.count;
  add_checks(step, job);
  step.changes.push_back({.kind = ChangeKind::remove, .key = 0});
  step.changes.push_back({.kind = ChangeKind::zset_remove, .key = 1, .member = job.id});
  remove_parts(step, job);
  if (!job.deduplication.empty())
    step.changes.push_back(
        {.kind = ChangeKind::remove_if_value_is, .key = add_key(step, job.deduplication), .text = job.id});
  if (state_ == "failed") add_parent(step, job);
  return step;
}

void FinishedRule::add_checks(Step& step, const BullFinishedJob& job) const {
  step.checks.push_back({.kind = CheckKind::score_is, .key = 1, .text = job.id, .real = job.score});
  if (job.timestamp) {
    step.checks.push_back(
        {.kind = CheckKind::field_is, .key = 0, .member = "timestamp", .text = *job.timestamp});
  } else {
    step.checks.push_back({.kind = CheckKind::type_is, .key = 0, .text = "hash"});
    step.checks.push_back({.kind = CheckKind::field_missing, .key = 0, .member = "timestamp"});
  }
  if (!queue_.is_bullmq())
    step.checks.push_back({.kind = CheckKind::absent, .key = add_key(step, step.keys[0] + ":lock")});
}

void FinishedRule::add_parent(Step& step, const BullFinishedJob& job) const {
  if (!queue_.is_bullmq()) return;
  if (job.parent.empty()) {
    step.checks.push_back({.kind = CheckKind::field_missing, .key = 0, .member = "parentKey"});
    return;
  }
  step.checks.push_back({.kind = CheckKind::field_is, .key = 0, .member = "parentKey", .text = job.parent});
  const auto dependencies = add_key(step, job.parent + ":dependencies");
  if (!job.awaited) {
    step.checks.push_back({.kind = CheckKind::no_member, .key = dependencies, .text = step.keys[0]});
    return;
  }
  // As the library releases a child (removeParentDependencyKey), as long as it is not the last: then the
  // parent would have to be put to work too.
  step.checks.push_back({.kind = CheckKind::member, .key = dependencies, .text = job.sibling});
  step.checks.push_back({.kind = CheckKind::member, .key = dependencies, .text = step.keys[0]});
  step.changes.push_back({.kind = ChangeKind::set_remove, .key = dependencies, .member = step.keys[0]});
}

std::uint16_t FinishedRule::rule() {
  if (!rule_) {
    const auto& retention = state_ == "failed" ? policy_.failed : policy_.completed;
    rule_ = steps_.rule({.name = "bull-" + state_,
                         .family = queue_.family,
                         .owner = queue_.root,
                         .what = state_ + " jobs " + in_words(retention),
                         .why = "they are finished; the library would keep them for ever"});
  }
  return *rule_;
}

}  // namespace headroom::plan::bull
