#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "plan/step_sink.h"

namespace headroom::plan {

/// One rule of a plan for each owner, begun when its first step comes. At most `most` owners have one of
/// their own; the others share a rule that names none.
class OwnerRules {
 public:
  static constexpr std::size_t most = 500;
  using Make = std::function<PlanRule()>;

  /// `make` says all but whose it is. Borrows the sink.
  OwnerRules(StepSink& steps, Make make) : steps_(steps), make_(std::move(make)) {}

  std::uint16_t of(std::string_view owner) {
    if (const auto found = numbers_.find(owner); found != numbers_.end()) return found->second;
    if (numbers_.size() >= most && !owner.empty()) return of({});
    auto rule = make_();
    rule.owner = owner;
    return numbers_[std::string(owner)] = steps_.rule(std::move(rule));
  }

 private:
  StepSink& steps_;
  Make make_;
  std::map<std::string, std::uint16_t, std::less<>> numbers_{};
};

}  // namespace headroom::plan
