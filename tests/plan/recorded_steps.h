#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plan/step_sink.h"

namespace headroom::test {

/// Keeps all that rules propose.
class RecordedSteps final : public plan::StepSink {
 public:
  std::uint16_t rule(PlanRule rule) override {
    rules.push_back(std::move(rule));
    return static_cast<std::uint16_t>(rules.size() - 1);
  }
  Result<bool> step(const Step& step) override {
    steps.push_back(step);
    return true;
  }
  void left_alone(LeftAlone group) override { left.push_back(std::move(group)); }

  /// The steps of the rules of this name.
  std::vector<Step> of(std::string_view name) const {
    std::vector<Step> found;
    for (const auto& step : steps)
      if (rules.at(step.rule).name == name) found.push_back(step);
    return found;
  }
  /// The first keys of the steps of the rules of this name, in order of name.
  std::vector<std::string> keys(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& step : of(name)) found.push_back(step.keys.at(0));
    std::sort(found.begin(), found.end());
    return found;
  }
  const Step& on(std::string_view key) const {
    for (const auto& step : steps)
      if (step.keys.at(0) == key) return step;
    throw std::runtime_error("no step on " + std::string(key));
  }
  /// Keys left alone for a reason that contains `why`.
  std::uint64_t left_for(std::string_view why) const {
    std::uint64_t keys = 0;
    for (const auto& group : left)
      if (group.why.find(why) != std::string::npos) keys += group.keys;
    return keys;
  }
  bool told(std::string_view why) const {
    return std::any_of(left.begin(), left.end(),
                       [&](const LeftAlone& group) { return group.why.find(why) != std::string::npos; });
  }

  std::vector<PlanRule> rules{};
  std::vector<Step> steps{};
  std::vector<LeftAlone> left{};
};

}  // namespace headroom::test
