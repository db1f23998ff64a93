#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "act/journal.h"
#include "base/result.h"

/// What a journal says of each step when all of it is known: which of its entries counts, and how it ended.
/// Eight bytes a step, so that a run of millions of steps can be undone with some MB.
namespace headroom::act {

class UndoIndex {
 public:
  /// Reads the journal of the run in `folder`, and that of earlier undos of it, if there was one. Errors: it
  /// cannot be read, is that of an undo, or is damaged and `damaged_too` is false (Exit::refused).
  static Result<UndoIndex> read(const std::string& folder, const std::string& secret, bool damaged_too);

  /// Whether the step entry number `entry` of the journal is one to be undone: the last of its step, whose
  /// removal was done or may have been done, and that no undo has dealt with.
  bool wanted(std::uint64_t entry, std::uint64_t step) const;
  /// Nobody knows whether the run did this step.
  bool unsure(std::uint64_t step) const { return steps_[step].outcome != StepOutcome::removed; }
  /// An earlier undo had begun with it and did not say how that ended.
  bool under_way(std::uint64_t step) const { return steps_[step].undo == StepOutcome::pending; }

  /// Steps that earlier undos have put back.
  std::uint64_t steps_back() const;

  const JournalStart& start() const { return start_; }
  const JournalHealth& health() const { return health_; }

 private:
  static constexpr auto none = static_cast<StepOutcome>(0xff);
  struct Entry {
    std::uint32_t last = ~0U;  ///< of the step entries of the journal, by their order
    StepOutcome outcome = StepOutcome::pending;
    StepOutcome undo = none;
  };
  struct OfRun;
  struct OfUndo;
  std::vector<Entry> steps_{};
  JournalStart start_{};
  JournalHealth health_{};
};

}  // namespace headroom::act
