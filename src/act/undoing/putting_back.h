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
///
/// Two kinds of steps have readings of their own, because other steps may have changed the same key since.
/// Items of lists come back last one first: the place of each is that of a list that the later ones were in.
/// Deadlines come at the end: their key may have gone since, and is not there before that is undone.
class PuttingBack final : public Wanted {
 public:
  PuttingBack(const UndoIndex& index, const UndoFilter& filter, UndoLane& lane, JournalWriter& journal)
      : Wanted(index, filter),
        tally(index.start()),
        lane_(lane),
        journal_(journal),
        streams_(lane, index.start().run) {}

  /// After the last step: what is still to be sent, the streams, the journal. True: the journal is to be read
  /// once more, and finish() called again.
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
  enum class Turn : std::uint8_t { others, lists, deadlines };
  static Turn turn_of(const JournalStep& step);
  bool next_turn();
  void put_back(const JournalStep& step);
  void take_stream(const JournalStep& step);
  void send_group();
  std::size_t send_batch(std::size_t first);
  bool know_script();
  Verdict judge(std::uint64_t number, const UndoAnswer& answer);
  void end(const JournalStep& step, const Verdict& verdict);

  UndoLane& lane_;
  JournalWriter& journal_;
  StreamsBack streams_;
  Turn turn_ = Turn::others;
  bool has_deadlines_ = false;
  std::uint64_t lists_ = 0;             ///< steps with items of lists
  std::uint64_t list_ = 0;              ///< of these, the next in this reading
  std::uint64_t from_ = 0, until_ = 0;  ///< those that this reading is for
  std::vector<JournalStep> later_{};    ///< these, in the order of the journal
  std::string sha_{};
  bool sha_refused_ = false;
  std::vector<Waiting> group_{};
  std::uint64_t units_ = 0;  ///< of the group
  std::size_t bytes_ = 0;    ///< likewise
};

}  // namespace headroom::act
