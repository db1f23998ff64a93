#include "act/undoing/tally.h"

#include <fmt/format.h>

#include "base/text.h"

namespace headroom::act {

UndoTally::UndoTally(const JournalStart& run) {
  report_.run = run.run;
  report_.target = run.address;
  for (const auto& planned_rule : run.rules)
    report_.rules.push_back(
        {planned_rule.name, planned_rule.owner, planned_rule.why, 0, 0, 0, 0, 0, 0, 0, {}});
}

RunRule& UndoTally::rule(std::uint16_t number) {
  if (number >= report_.rules.size()) report_.rules.resize(number + std::size_t{1});
  return report_.rules[number];
}

void UndoTally::planned(std::uint16_t number) { ++report_.planned, ++rule(number).planned; }

void UndoTally::ended(std::uint16_t number, StepOutcome outcome, std::uint64_t keys, std::uint64_t bytes,
                      std::string_view why, std::string_view key) {
  auto& of_rule = rule(number);
  switch (outcome) {
    case StepOutcome::removed:
      ++report_.removed, ++of_rule.removed;
      of_rule.keys += keys;
      of_rule.bytes += Bytes{bytes};
      report_.bytes_freed += Bytes{bytes};
      break;
    case StepOutcome::changed:
      ++report_.changed, ++of_rule.changed;
      break;
    case StepOutcome::gone:
      ++report_.gone, ++of_rule.gone;
      break;
    case StepOutcome::failed:
      ++report_.failed, ++of_rule.failed;
      break;
    case StepOutcome::unknown:
      ++report_.unknown, ++of_rule.unknown;
      break;
    case StepOutcome::pending:
      break;
  }
  if (why.empty()) return;
  auto found = reasons_.find(why);
  if (found == reasons_.end()) found = reasons_.emplace(why, Reason{}).first;
  ++found->second.steps;
  if (found->second.examples.size() < 3) found->second.examples.push_back(escape_for_terminal(key));
}

RunReport UndoTally::finish(std::string kind, std::string stopped_by) {
  report_.kind = std::move(kind);
  report_.stopped_by = std::move(stopped_by);
  report_.pending =
      report_.planned - report_.removed - report_.changed - report_.gone - report_.failed - report_.unknown;
  report_.complete = report_.pending == 0 && report_.unknown == 0 && report_.stopped_by.empty();
  for (const auto& [why, reason] : reasons_)
    report_.notes.push_back(fmt::format("{} step{}: {} ({}{})", human_count(reason.steps),
                                        reason.steps == 1 ? "" : "s", why, fmt::join(reason.examples, ", "),
                                        reason.steps > reason.examples.size() ? ", ..." : ""));
  return report_;
}

}  // namespace headroom::act
