#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "act/apply_kit.h"
#include "app/planner_kit.h"

namespace headroom::test {

/// Applies a plan as the `apply` command does, with a journal of its own; how many of its steps were done.
inline std::size_t make_all(const RedisServer& server, const RecordedSteps& planned) {
  act::test::Applying applying(server);
  applying.plan.rules = planned.rules;
  return applying.run(planned.steps).removed;
}
/// One step; whether it was done.
inline bool make(const RedisServer& server, Step step) {
  act::test::Applying applying(server);
  step.rule = 0;
  return applying.run({std::move(step)}).removed == 1;
}

/// First keys of the steps of the rules with this name (and owner, where one is given), in order of the plan.
inline std::vector<std::string> keys_of(const RecordedSteps& planned, std::string_view rule,
                                        std::string_view owner = {}) {
  std::vector<std::string> keys;
  for (const auto& step : planned.of(rule))
    if (owner.empty() || planned.rules[step.rule].owner == owner) keys.push_back(step.keys.front());
  return keys;
}

/// What was left alone: "bull:mail: 2 keys: why".
inline std::vector<std::string> reasons(const RecordedSteps& planned) {
  std::vector<std::string> all;
  for (const auto& group : planned.left)
    all.push_back(fmt::format("{}: {} keys: {}", group.owner, group.keys, group.why));
  return all;
}

}  // namespace headroom::test
