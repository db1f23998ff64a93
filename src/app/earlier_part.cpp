#include "app/earlier_part.h"

#include <algorithm>

#include "act/journal.h"

namespace headroom::app {
namespace {

bool is_of_key(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::zset_remove:
    case ChangeKind::set_remove:
    case ChangeKind::hash_remove:
    case ChangeKind::list_remove:
    case ChangeKind::list_push:
    case ChangeKind::stream_trim:
      return false;
    default:
      return true;
  }
}

bool frees_now(const Step& step) {
  return std::any_of(step.changes.begin(), step.changes.end(), [](const Change& change) {
    return change.kind != ChangeKind::expire_at && change.kind != ChangeKind::persist &&
           change.kind != ChangeKind::quarantine && change.kind != ChangeKind::list_push;
  });
}

template <class Counts>
void add_counts(Counts& sum, const Counts& part) {
  sum.planned += part.planned, sum.removed += part.removed, sum.changed += part.changed;
  sum.gone += part.gone, sum.failed += part.failed, sum.unknown += part.unknown;
}

template <class Counts>
void count_one(Counts& counts, StepOutcome outcome) {
  ++counts.planned;
  counts.removed += outcome == StepOutcome::removed;
  counts.changed += outcome == StepOutcome::changed;
  counts.gone += outcome == StepOutcome::gone;
  counts.failed += outcome == StepOutcome::failed;
  counts.unknown += outcome == StepOutcome::unknown;
}

}  // namespace

struct EarlierPart::Visitor final : act::JournalVisitor {
  void step(const act::JournalStep& step) override {
    room(step.number);
    const auto keys = std::count_if(step.before.begin(), step.before.end(),
                                    [](const act::Before& before) { return is_of_key(before.kind); });
    part.keys_[step.number] = static_cast<std::uint32_t>(keys);
  }
  void outcome(const act::JournalOutcome& outcome) override {
    room(outcome.number);
    part.outcomes_[outcome.number] = outcome.outcome;
  }
  void room(std::uint64_t number) {
    if (number < part.outcomes_.size()) return;
    part.outcomes_.resize(number + 1, StepOutcome::pending);
    part.keys_.resize(number + 1);
  }
  EarlierPart part{};
};

Result<EarlierPart> EarlierPart::read(const std::string& folder, const std::string& secret) {
  Visitor visitor;
  const auto health = act::read_journal(folder, secret, visitor);
  if (!health) return fail(health.error());
  if (!health->damage.empty())
    return fail(
        {"the journal of this run is damaged: " + health->damage, folder, "make a new plan", Exit::refused});
  return std::move(visitor.part);
}

bool EarlierPart::ended(std::uint64_t number) const {
  return number < outcomes_.size() && outcomes_[number] != StepOutcome::pending;
}

void EarlierPart::count(std::uint64_t number, const Step& step, RunReport& report) const {
  const auto outcome = number < outcomes_.size() ? outcomes_[number] : StepOutcome::pending;
  count_one(report, outcome);
  report.pending += outcome == StepOutcome::pending;
  if (step.rule >= report.rules.size()) return;
  auto& rule = report.rules[step.rule];
  count_one(rule, outcome);
  if (outcome != StepOutcome::removed) return;
  rule.keys += keys_[number];
  rule.bytes.count += step.bytes;
  if (frees_now(step)) report.bytes_freed.count += step.bytes;
}

void add_part(RunReport& sum, const RunReport& part) {
  add_counts(sum, part);
  sum.pending += part.pending, sum.batches += part.batches;
  sum.bytes_freed += part.bytes_freed, sum.journal_bytes = part.journal_bytes;
  sum.complete = part.complete, sum.stopped_by = part.stopped_by;
  for (std::size_t i = 0; i < part.rules.size() && i < sum.rules.size(); ++i) {
    add_counts(sum.rules[i], part.rules[i]);
    sum.rules[i].keys += part.rules[i].keys;
    sum.rules[i].bytes += part.rules[i].bytes;
  }
  sum.waits = part.waits;  // of the pace, which is the same for all parts
  sum.notes.insert(sum.notes.end(), part.notes.begin(), part.notes.end());
}

}  // namespace headroom::app
