#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "act/journal.h"
#include "act/pace.h"
#include "base/result.h"
#include "model/run.h"

/// Puts back what a run took away. A step comes back as a whole, in one script: a job with its memberships
/// (UNDO-3). Never overwrites: where a key is there again the step is left alone and reported (UNDO-2). Room
/// is checked before (RESTORE is refused at maxmemory). Is itself journaled: undo of an undo is refused, but
/// a second undo goes on where the first stopped.
namespace headroom::act {

/// Which steps. Empty members let everything pass.
struct UndoFilter {
  std::vector<std::uint16_t> rules{};               ///< by number
  std::function<bool(std::string_view key)> key{};  ///< of the first key of a step
};

struct UndoOptions {
  UndoFilter only{};
  bool force = false;  ///< without room for all of it
};

struct UndoPreview {
  std::uint64_t steps = 0, keys = 0;
  std::uint64_t expired = 0;  ///< whose TTL has ended meanwhile: they do not come back
  std::uint64_t bytes = 0;
  bool fits = true;
  std::string why_not{};
};
Result<UndoPreview> preview_undo(const ApplyTarget& target, const std::string& folder,
                                 const std::string& secret, const UndoOptions& options);

Result<RunReport> undo(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                       JournalWriter& journal, Pace& pace, const UndoOptions& options);

/// Removes for good what a run only quarantined.
Result<RunReport> sweep(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                        Pace& pace);

}  // namespace headroom::act
