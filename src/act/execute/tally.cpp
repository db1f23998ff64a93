#include "act/execute/tally.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace headroom::act {
namespace {

/// Whose bytes are free now, and not at the end of a TTL or a quarantine.
bool frees_now(const Step& step) {
  return std::any_of(step.changes.begin(), step.changes.end(), [](const Change& change) {
    return change.kind != ChangeKind::expire_at && change.kind != ChangeKind::persist &&
           change.kind != ChangeKind::quarantine && change.kind != ChangeKind::list_push;
  });
}

template <class Counts>
std::uint64_t& counter(Counts& counts, StepOutcome outcome, std::uint64_t& pending) {
  switch (outcome) {
    case StepOutcome::removed:
      return counts.removed;
    case StepOutcome::changed:
      return counts.changed;
    case StepOutcome::gone:
      return counts.gone;
    case StepOutcome::failed:
      return counts.failed;
    case StepOutcome::unknown:
      return counts.unknown;
    case StepOutcome::pending:
      break;
  }
  return pending;
}

}  // namespace

Tally::Tally(const PlanHeader& plan, const std::string& address) {
  report_.run = plan.id;
  report_.kind = "apply";
  report_.target = address;
  for (const auto& rule : plan.rules) {
    auto& mine = report_.rules.emplace_back();
    mine.name = rule.name;
    mine.owner = rule.owner;
    mine.why = rule.why;
  }
}

RunRule& Tally::rule(const Step& step) {
  if (step.rule >= report_.rules.size()) report_.rules.resize(step.rule + 1U);
  return report_.rules[step.rule];
}

void Tally::count(const Job& job) {
  auto& mine = rule(job.step);
  std::uint64_t rule_pending = 0;
  const auto outcome = job.outcome.value_or(job.lost ? StepOutcome::unknown : StepOutcome::pending);
  ++mine.planned;
  ++report_.planned;
  ++counter(mine, outcome, rule_pending);
  ++counter(report_, outcome, report_.pending);
  if (outcome != StepOutcome::pending) ++ended_;
  if (outcome == StepOutcome::removed) {
    mine.keys += job.keys_changed;
    mine.bytes.count += job.step.bytes;
    if (frees_now(job.step)) report_.bytes_freed.count += job.step.bytes;
  }
  if (outcome == StepOutcome::failed) {
    auto [failure, is_new] = failures_.try_emplace(job.reason, Failure{job.number, 0});
    ++failure->second.count;
  }
}

void Tally::count_pending(const Step& step) {
  ++rule(step).planned;
  ++report_.planned;
  ++report_.pending;
}

RunReport Tally::report() const {
  auto report = report_;
  for (const auto& [reason, failure] : failures_) {
    report.notes.push_back(fmt::format("{} step{} failed, first number {}: {}", failure.count,
                                       failure.count == 1 ? "" : "s", failure.first, printable(reason)));
  }
  return report;
}

}  // namespace headroom::act
