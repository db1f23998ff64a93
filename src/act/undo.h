#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "act/executor.h"
#include "act/journal.h"
#include "act/pace.h"
#include "base/result.h"
#include "model/run.h"

/// Puts back what a run took away: items of lists the last one first, deadlines at the end, all else in the
/// order in which it was taken. A step comes back as a whole or not at all: a job with its memberships
/// (UNDO-3); one script puts back several. Never overwrites: where a key is there again, or a member
/// with another score or value, the step is left alone and reported (UNDO-2). Room is checked before
/// (RESTORE is refused at maxmemory). Is itself journaled, in the folder of the run it undoes: a second undo
/// goes on where the first stopped, and undo of an undo is refused.
///
/// A list gets back no item that it holds again: an id that is in a queue twice is worked on twice. One that
/// held equal items when the run took one of them gets it back while as many are left as the run left. The
/// place is that of before in a list that nobody has changed; in one of another length it is near it, and the
/// report says so.
///
/// What cannot come back, and is reported: keys whose TTL has ended meanwhile; a deadline that somebody
/// changed since; messages that were requeued (they may have been worked on); values of a newer RDB version
/// than the server reads; entries of a stream that is gone as a whole, or that has consumer groups and is
/// larger than 8 MiB. Groups of a smaller one are afterwards what they were a moment before, not what they
/// were when it was trimmed.
///
/// A script needs EVAL, SCRIPT LOAD, TIME, EXISTS, RESTORE, UNLINK and the commands of the members. Trimmed
/// streams are built anew beside (XADD in pages, XSETID) and take the place of the old one under WATCH; until
/// then both are in memory.
namespace headroom::act {

/// Which steps. Empty members let everything pass.
struct UndoFilter {
  std::vector<std::uint16_t> rules{};               ///< by number
  std::function<bool(std::string_view key)> key{};  ///< of the first key of a step
};

struct UndoOptions {
  UndoFilter only{};
  bool force = false;  ///< without room for all of it; of a damaged journal what stands before the damage
};

struct UndoPreview {
  std::uint64_t steps = 0, keys = 0;
  std::uint64_t expired = 0;  ///< steps whose TTL has ended meanwhile: they do not come back
  std::uint64_t bytes = 0;    ///< of memory that the server needs for it
  bool fits = true;           ///< used_memory and `bytes` stay below 90 % of maxmemory (safety.md 3.6)
  std::string why_not{};
  std::vector<RunRule> rules{};  ///< of the run: what of each would come back
};
Result<UndoPreview> preview_undo(const ApplyTarget& target, const std::string& folder,
                                 const std::string& secret, const UndoOptions& options);

/// Where undos of the run in `folder` are journaled.
std::string undo_folder(const std::string& folder);
/// That journal, new or to go on with. `run`: the run that is undone.
Result<JournalWriter> open_undo_journal(const PlanServer& server, const std::string& run,
                                        const std::string& folder, const std::string& secret);

/// The report counts steps: removed = put back, changed = left alone because something is there again,
/// gone = its TTL had ended, failed; its notes say why, with examples. RunReport::kind is "undo". `journal`
/// is that of open_undo_journal(). Errors: the journal of the run cannot be read or is damaged; there is no
/// room (Exit::refused; not with `force`); the connection cannot be opened. A run that stops early is no
/// error.
Result<RunReport> undo(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                       JournalWriter& journal, Pace& pace, const UndoOptions& options);

/// Removes for good what a run only quarantined, and marks it in the journal of the run: undo then passes
/// over it. removed = steps whose keys were removed, gone = those where nothing was there any more.
Result<RunReport> sweep(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                        Pace& pace);

}  // namespace headroom::act
