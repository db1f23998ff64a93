#include "plan/bull/queue_rules.h"

#include <utility>

namespace headroom::plan::bull {

Result<bool> QueueRules::add(const RuleWords& words, Step step, Removal removal) {
  auto rule = rules_.find(words.name);
  if (rule == rules_.end()) {
    const auto number = steps_.rule({.name = std::string(words.name),
                                     .family = queue_.family,
                                     .owner = queue_.root,
                                     .what = std::string(words.what),
                                     .why = std::string(words.why),
                                     .removal = removal});
    rule = rules_.emplace(words.name, number).first;
  }
  step.rule = rule->second;
  step.db = queue_.db;
  return steps_.step(step);
}

void QueueRules::leave(const RuleWords& words, std::string_view why, std::string_view key, Bytes bytes) {
  left_.add(words.name, queue_.root, why, key, bytes);
}

std::uint16_t add_key(Step& step, std::string key) {
  step.keys.push_back(std::move(key));
  return static_cast<std::uint16_t>(step.keys.size() - 1);
}

namespace {

ChangeKind away(const Step& step, bool part) {
  if (step.bytes > Remover::largest_journaled) return ChangeKind::quarantine;
  return part ? ChangeKind::remove_if_there : ChangeKind::remove;
}

}  // namespace

void journal_away(Step& step) { step.changes.push_back({.kind = away(step, false), .key = 0}); }

void Remover::take_away(Step& step, std::uint16_t key, bool part) {
  if (removal_ == Removal::ttl) {
    step.checks.push_back({.kind = CheckKind::no_ttl, .key = key});
    step.changes.push_back(
        {.kind = ChangeKind::expire_at, .key = key, .number = spread_.next(now_ + grace).count()});
  } else {
    const auto kind = removal_ == Removal::quarantine ? ChangeKind::quarantine : away(step, part);
    step.changes.push_back({.kind = kind, .key = key});
  }
}

}  // namespace headroom::plan::bull
