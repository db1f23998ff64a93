#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/plan.h"

namespace headroom::plan {

/// Where rules put what they propose: the plan under way.
class StepSink {
 public:
  virtual ~StepSink() = default;
  /// A rule begins; its number goes into Step::rule. One rule per owner, so that the report says whose it is.
  virtual std::uint16_t rule(PlanRule rule) = 0;
  /// Adds up the rule's counts from the step: keys are the changes of keys, members those of members.
  virtual Result<bool> step(const Step& step) = 0;
  virtual void left_alone(LeftAlone group) = 0;
};

}  // namespace headroom::plan
