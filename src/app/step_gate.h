#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "act/plan_file.h"
#include "model/plan.h"
#include "model/survey.h"
#include "plan/facts.h"
#include "plan/left_tally.h"
#include "plan/policy.h"
#include "plan/step_sink.h"

namespace headroom::app {

/// What stands between planners and the file: lets through what may be touched, adds the rules up, writes.
class StepGate final : public plan::StepSink {
 public:
  struct Parts {
    const plan::Policy& policy;
    const Survey& survey;
    const std::vector<std::string>& only;  ///< patterns of names of rules; empty: all
    std::chrono::milliseconds now{};
  };
  /// Borrows everything.
  StepGate(Parts parts, act::PlanWriter& writer);

  std::uint16_t rule(PlanRule rule) override;
  Result<bool> step(const Step& step) override;
  void left_alone(LeftAlone group) override;

  /// Rules that have steps, groups left alone, facts, into the header.
  void tell(PlanHeader& header, double duty);

 private:
  struct Proposed {
    PlanRule rule{};
    bool wanted = true;
    bool read_only = false;   ///< its owner is
    std::int32_t place = -1;  ///< in the plan, from its first step on
  };
  std::string why_untouchable(const Proposed& proposed, const Step& step) const;
  void count(PlanRule& rule, const Step& step);

  Parts parts_;
  act::PlanWriter& writer_;
  plan::FactsSum facts_;
  std::vector<Proposed> proposed_{};
  std::vector<PlanRule> rules_{};
  std::vector<LeftAlone> left_{};
  std::uint64_t left_out_ = 0;
  plan::LeftTally tally_{};
  std::set<std::pair<std::string, std::string>> read_only_{};  ///< family and owner
  Step numbered_{};
};

}  // namespace headroom::app
