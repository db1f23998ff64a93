#include "plan/chosen_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/glob.h"

namespace headroom::plan {
namespace {

/// Names under which planners speak of all they look for, and the rules that this is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 25> together{
    {{"bull-finished", "bull-completed"},
     {"bull-finished", "bull-failed"},
     {"bull-abandoned", "bull-abandoned"},
     {"bull-abandoned", "bull-metrics"},
     {"bull-debris", "bull-stubs"},
     {"bull-debris", "bull-orphans"},
     {"bull-debris", "bull-orphans-blocking"},
     {"bull-debris", "bull-deduplication"},
     {"bull-debris", "bull-sub-keys"},
     {"bull-debris", "bull-danglers"},
     {"bull-debris", "bull-waiting-danglers"},
     {"bull-debris", "bull-legacy"},
     {"bull-debris", "bull-infrastructure-ttl"},
     {"celery-results", "celery-results"},
     {"celery-results", "celery-result-ttl"},
     {"celery-results", "celery-groups"},
     {"celery-results", "celery-group-ttl"},
     {"kombu-reply-lists", "kombu-reply-lists"},
     {"kombu-reply-lists", "kombu-bindings"},
     {"kombu-reply-lists", "kombu-event-lists"},
     {"kombu-reply-lists", "kombu-large-lists"},
     {"kombu-reply-lists", "kombu-rpc-lists"},
     {"kombu-reply-lists", "kombu-unacked-index"},
     {"celery-chords", "celery-chords"},
     {"bull-events", "bull-events"}}};

}  // namespace

bool ChosenRules::chosen(std::string_view rule) const {
  return only_.empty() || std::any_of(only_.begin(), only_.end(), [&](const std::string& pattern) {
           return glob_matches(pattern, rule);
         });
}

bool ChosenRules::chosen_any_with(std::string_view name) const {
  if (chosen(name)) return true;
  if (name == "keys")
    return std::any_of(policy_.rules.begin(), policy_.rules.end(),
                       [&](const KeyRule& rule) { return chosen(rule.name); });
  return std::any_of(together.begin(), together.end(),
                     [&](const auto& one) { return one.first == name && chosen(one.second); });
}

std::uint16_t ChosenRules::rule(PlanRule rule) {
  const bool wanted = chosen(rule.name);
  const auto number = to_.rule(std::move(rule));
  if (number >= wanted_.size()) wanted_.resize(number + std::size_t{1});
  wanted_[number] = wanted;
  return number;
}

Result<bool> ChosenRules::step(const Step& step) {
  if (!wanted_.at(step.rule)) return true;
  return to_.step(step);
}

void ChosenRules::left_alone(LeftAlone group) {
  if (group.examples.empty() ? chosen_any_with(group.rule) : chosen(group.rule))
    to_.left_alone(std::move(group));
}

}  // namespace headroom::plan
