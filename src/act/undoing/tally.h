#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "act/journal.h"
#include "model/run.h"

namespace headroom::act {

/// Adds up what became of the steps of an undo or a sweep: in total, by rule, and why, with examples.
class UndoTally {
 public:
  explicit UndoTally(const JournalStart& run);
  /// A step is about to be worked on.
  void planned(std::uint16_t rule);
  /// `keys` and `bytes` count when it is `removed`: done. `why` of those: what is not quite as
  /// it was.
  void ended(std::uint16_t rule, StepOutcome outcome, std::uint64_t keys, std::uint64_t bytes,
             std::string_view why = {}, std::string_view key = {});
  /// Steps without an end are pending. `stopped_by`: why the run did not come to its end; empty: it did.
  RunReport finish(std::string kind, std::string stopped_by);

 private:
  struct Reason {
    std::uint64_t steps = 0;
    std::vector<std::string> examples{};
  };
  RunRule& rule(std::uint16_t number);
  RunReport report_{};
  std::map<std::string, Reason, std::less<>> reasons_{};
};

}  // namespace headroom::act
