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
  const std::string name(words.name);
  left_.try_emplace(name, name, queue_.root).first->second.add(why, key, bytes);
}

void QueueRules::finish() {
  for (auto& [name, groups] : left_) groups.give(steps_);
}

std::uint16_t add_key(Step& step, std::string key) {
  step.keys.push_back(std::move(key));
  return static_cast<std::uint16_t>(step.keys.size() - 1);
}

void Remover::take_away(Step& step, std::uint16_t key, bool part) {
  if (removal_ == Removal::ttl) {
    const auto deadline = now_ + grace + std::chrono::milliseconds(given_++ / 7);
    step.checks.push_back({.kind = CheckKind::no_ttl, .key = key});
    step.changes.push_back({.kind = ChangeKind::expire_at, .key = key, .number = deadline.count()});
  } else if (removal_ == Removal::quarantine || step.bytes > largest_journaled) {
    step.changes.push_back({.kind = ChangeKind::quarantine, .key = key});
  } else {
    step.changes.push_back({.kind = part ? ChangeKind::remove_if_there : ChangeKind::remove, .key = key});
  }
}

}  // namespace headroom::plan::bull
