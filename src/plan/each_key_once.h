#pragma once

#include <vector>

#include "base/hash_set.h"
#include "plan/step_sink.h"

namespace headroom::plan {

/// Of several planners that want the same key gone, the first gets it: counted twice, a plan would name more
/// keys than it has, and the limits and the phrase with it. Stands before another sink. Eight bytes a key.
class EachKeyOnce final : public StepSink {
 public:
  explicit EachKeyOnce(StepSink& to) : to_(to) {}

  std::uint16_t rule(PlanRule rule) override { return to_.rule(std::move(rule)); }
  /// Passes over a step whose own key an earlier planner took.
  Result<bool> step(const Step& step) override;
  void left_alone(LeftAlone group) override { to_.left_alone(std::move(group)); }
  /// A planner begins, the first too. (One planner sees to it by itself that its rules do not meet.)
  void next_planner();

 private:
  StepSink& to_;
  HashSet taken_{};                     ///< by earlier planners; sealed
  std::vector<std::uint64_t> fresh_{};  ///< by this one
};

}  // namespace headroom::plan
