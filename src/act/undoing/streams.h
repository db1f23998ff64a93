#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "act/journal.h"
#include "act/undoing/lane.h"
#include "act/undoing/tally.h"

namespace headroom::act {

/// Puts trimmed entries back in front of streams. Redis adds entries only at the end, so a stream is built
/// anew under a name of the run ("headroom:q:RUN-undo:{tag}key", with a TTL in case we die): the entries of
/// the journal in order, then those that are there; then it takes the place of the old one, under WATCH. The
/// consumer groups of the old one go with it as they are then (act/undoing/stream_groups.h).
class StreamsBack {
 public:
  StreamsBack(UndoLane& lane, std::string run) : lane_(lane), run_(std::move(run)) {}

  /// Adds the entries of a step; the first of a stream begins it. What is wrong is said by finish().
  void add(const JournalStep& step, const Before& before, bool unsure);
  /// Ends every stream that was begun: tells what became of its steps. What was built of a stream that does
  /// not come back is removed.
  void finish(UndoTally& tally, JournalWriter& journal);

 private:
  struct StepOfStream {
    std::uint64_t number = 0;
    std::uint16_t rule = 0;
    std::uint64_t bytes = 0;
  };
  struct Stream {
    std::string beside{};
    std::string last{};  ///< id of the last entry in `beside`
    std::uint64_t from_journal = 0, from_server = 0;
    bool unsure = false;  ///< entries of the journal may be in the stream still
    StepOutcome outcome = StepOutcome::removed;
    std::string why{};
    std::vector<StepOfStream> steps{};
  };
  using Place = std::pair<std::uint32_t, std::string>;
  using Deadline = std::pair<std::string_view, std::string>;  ///< command and argument; no argument: none
  using Entries = std::vector<std::pair<std::string, std::vector<std::string>>>;

  void mark(JournalWriter& journal);
  void begin(const std::string& key, Stream& stream);
  void copy_present(const std::string& key, Stream& stream);
  bool append(Stream& stream, const Entries& entries);
  std::optional<Deadline> deadline_of(const std::string& key, Stream& stream);
  bool can_be_dumped(const std::string& key, Stream& stream);
  bool take_place(const std::string& key, Stream& stream);
  bool move(const std::string& key, Stream& stream, const Deadline& expires);
  bool move_with_groups(const std::string& key, Stream& stream, const Deadline& expires);
  bool executed(Stream& stream);
  std::optional<wire::Reply> ask(Stream& stream, const std::vector<std::string_view>& words);
  static void leave(Stream& stream, StepOutcome outcome, std::string why);

  UndoLane& lane_;
  std::string run_;
  std::map<Place, Stream> streams_{};
};

}  // namespace headroom::act
