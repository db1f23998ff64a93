#include "app/step_gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/glob.h"
#include "base/text.h"
#include "plan/untouchable.h"

namespace headroom::app {
namespace {

constexpr std::size_t most_groups = 1000;

bool is_of_key(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
    case ChangeKind::expire_at:
    case ChangeKind::persist:
    case ChangeKind::quarantine:
      return true;
    default:
      return false;
  }
}

/// Families are named in a rule as the audit names them; a rule for any family has none.
std::string live_family_of(const plan::Policy& policy, const PlanRule& rule) {
  const auto found = std::find_if(policy.rules.begin(), policy.rules.end(),
                                  [&](const auto& one) { return one.name == rule.name; });
  return found == policy.rules.end() ? std::string() : found->live_family;
}

}  // namespace

StepGate::StepGate(Parts parts, act::PlanWriter& writer)
    : parts_(parts), writer_(writer), facts_(parts.survey, parts.now) {
  for (const auto& owner : parts.survey.owners)
    if (owner.read_only) read_only_.emplace(owner.family, owner.owner);
}

std::uint16_t StepGate::rule(PlanRule rule) {
  Proposed proposed;
  const auto& only = parts_.only;
  proposed.wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& pattern) {
                      return glob_matches(pattern, rule.name);
                    });
  proposed.read_only = !rule.owner.empty() && read_only_.contains({rule.family, rule.owner}) &&
                       live_family_of(parts_.policy, rule) != rule.family;
  proposed.rule = std::move(rule);
  proposed_.push_back(std::move(proposed));
  return static_cast<std::uint16_t>(proposed_.size() - 1);
}

std::string StepGate::why_untouchable(const Proposed& proposed, const Step& step) const {
  if (proposed.read_only)
    return "its owner holds keys that headroom does not know, so nothing of it is changed";
  for (const auto& change : step.changes)
    if (change.key < step.keys.size() && plan::untouchable(step.keys[change.key], parts_.policy.protect))
      return "protected by the policy";
  return {};
}

Result<bool> StepGate::step(const Step& step) {
  if (proposed_.size() > UINT16_MAX)
    return fail(
        {"a plan has at most 65536 rules", "plan", "make it of fewer owners: --only RULE", Exit::refused});
  auto& proposed = proposed_.at(step.rule);
  if (!proposed.wanted) return true;
  if (const auto why = why_untouchable(proposed, step); !why.empty()) {
    tally_.add(proposed.rule.name, proposed.rule.owner, why, step.keys.empty() ? "" : step.keys[0],
               Bytes{step.bytes});
    return true;
  }
  if (proposed.place < 0) {
    proposed.place = static_cast<std::int32_t>(rules_.size());
    rules_.push_back(proposed.rule);
  }
  count(rules_[static_cast<std::size_t>(proposed.place)], step);
  facts_.add(step);
  numbered_ = step;
  numbered_.rule = static_cast<std::uint16_t>(proposed.place);
  return writer_.add(numbered_);
}

void StepGate::count(PlanRule& rule, const Step& step) {
  ++rule.steps;
  rule.bytes.count += step.bytes;
  for (const auto& change : step.changes) {
    if (is_of_key(change.kind))
      ++rule.keys;
    else
      rule.members += change.kind == ChangeKind::stream_trim
                          ? static_cast<std::uint64_t>(std::max<std::int64_t>(change.limit, 0))
                          : 1;
  }
}

void StepGate::left_alone(LeftAlone group) {
  if (left_.size() < most_groups)
    left_.push_back(std::move(group));
  else
    ++left_out_;
}

void StepGate::tell(PlanHeader& header, double duty) {
  tally_.tell(*this);
  header.rules = rules_;
  header.left_alone = left_;
  if (left_out_ != 0)
    header.left_alone.push_back(
        {"", "", fmt::format("{} more groups are not listed", human_count(left_out_)), 0, {}, {}});
  header.facts = facts_.facts(duty);
}

}  // namespace headroom::app
