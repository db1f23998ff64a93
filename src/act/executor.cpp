#include "act/executor.h"

#include "act/execute/run.h"

namespace headroom::act {

Result<RunReport> execute(const ApplyTarget& target, const NextStep& next, std::uint64_t first,
                          const PlanHeader& plan, JournalWriter& journal, Pace& pace,
                          const ApplyOptions& options, const OnApplyProgress& progress) {
  return Run(target, next, first, plan, journal, pace, options, progress).go();
}

}  // namespace headroom::act
