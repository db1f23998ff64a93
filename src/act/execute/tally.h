#pragma once

#include <map>
#include <string>

#include "act/execute/job.h"
#include "model/run.h"

namespace headroom::act {

/// Counts what became of the steps: planned = removed + changed + gone + failed + unknown + pending, for
/// each rule and in sum (APPLY-8).
class Tally {
 public:
  Tally(const PlanHeader& plan, const std::string& address);
  void count(const Job& job);
  /// A step that was never begun.
  void count_pending(const Step& step);
  std::uint64_t ended() const { return ended_; }
  /// With what is counted so far; notes say why steps failed.
  RunReport report() const;

 private:
  RunRule& rule(const Step& step);
  RunReport report_{};
  std::uint64_t ended_ = 0;
  struct Failure {
    std::uint64_t first = 0, count = 0;
  };
  std::map<std::string, Failure> failures_{};
};

}  // namespace headroom::act
