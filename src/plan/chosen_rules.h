#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/policy.h"
#include "plan/step_sink.h"

namespace headroom::plan {

/// What a plan of some rules alone (--only) is told: of other rules nothing, neither what they would do nor
/// what they left alone. Stands before another sink, so that what nobody asked for takes no room there.
class ChosenRules final : public StepSink {
 public:
  /// `only`: patterns of names of rules; empty: all. Borrows everything.
  ChosenRules(StepSink& to, const std::vector<std::string>& only, const Policy& policy)
      : to_(to), only_(only), policy_(policy) {}

  std::uint16_t rule(PlanRule rule) override;
  Result<bool> step(const Step& step) override;
  /// A group without an example is about all that one planner looks for: it passes if any rule of that was
  /// chosen.
  void left_alone(LeftAlone group) override;

 private:
  bool chosen(std::string_view rule) const;
  bool chosen_any_with(std::string_view rule) const;

  StepSink& to_;
  const std::vector<std::string>& only_;
  const Policy& policy_;
  std::vector<bool> wanted_{};  ///< by the numbers of the other sink
};

}  // namespace headroom::plan
