#pragma once

#include <vector>

#include "plan/step_sink.h"

namespace headroom::plan {

/// A plan that is only remembered.
struct RecordedSteps : StepSink {
  std::vector<PlanRule> rules{};
  std::vector<Step> steps{};
  std::vector<LeftAlone> left{};

  std::uint16_t rule(PlanRule rule) override {
    rules.push_back(std::move(rule));
    return static_cast<std::uint16_t>(rules.size() - 1);
  }
  Result<bool> step(const Step& step) override {
    steps.push_back(step);
    return true;
  }
  void left_alone(LeftAlone group) override { left.push_back(std::move(group)); }
};

}  // namespace headroom::plan
