#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "act/journal.h"
#include "act/undoing/lane.h"
#include "act/undoing/script.h"
#include "act/undoing/streams.h"
#include "act/undoing/tally.h"
#include "act/undoing/wanted.h"

namespace headroom::act {

/// Puts the steps of a journal back, in groups. That the steps of a group are begun is on the disk before the
/// first of them is sent: a second undo then knows that what is there may be our work. One sync serves these
/// marks and the outcomes of the group before. A group goes in batches, each one script of what the pace
/// allows.
class PuttingBack final : public Wanted {
 public:
  PuttingBack(const UndoIndex& index, const UndoFilter& filter, UndoLane& lane, JournalWriter& journal)
      : Wanted(index, filter),
        tally(index.start()),
        lane_(lane),
        journal_(journal),
        streams_(lane, index.start().run) {}

  /// After the last step: what is still to be sent, the streams, the journal.
  Result<bool> finish();

  UndoTally tally;
  std::uint64_t batches = 0;

 private:
  /// A step of the group.
  struct Waiting {
    std::uint64_t number = 0;
    std::uint32_t db = 0;
    std::uint16_t rule = 0;
    std::uint64_t bytes = 0;
    std::string key{};
    UndoPart part;
  };
  /// What the server said of a step, in the words of a report.
  struct Verdict {
    StepOutcome outcome{};
    std::string why{};
  };

  void take(const JournalStep& step) override;
  void take_stream(const JournalStep& step);
  void send_group();
  std::size_t send_batch(std::size_t first);
  bool know_script();
  Verdict judge(std::uint64_t number, const UndoAnswer& answer);
  void end(const JournalStep& step, const Verdict& verdict);

  UndoLane& lane_;
  JournalWriter& journal_;
  StreamsBack streams_;
  std::string sha_{};
  bool sha_refused_ = false;
  std::vector<Waiting> group_{};
  std::uint64_t units_ = 0;  ///< of the group
  std::size_t bytes_ = 0;    ///< likewise
};

}  // namespace headroom::act
