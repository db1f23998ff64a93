#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "act/state_folder.h"
#include "app/options.h"
#include "base/result.h"
#include "model/run.h"
#include "plan/limits.h"
#include "plan/policy.h"

/// What a state folder remembers: runs/ID/report.json beside the journal.
namespace headroom::app {

struct PastRun {
  std::string id{};
  std::optional<RunReport> report{};  ///< empty: it was killed before it could write one
  std::uint64_t disk_bytes = 0;
  std::chrono::seconds age{};       ///< since its journal was last written, by this machine's clock
  bool quarantined = false;         ///< keys of it lie in quarantine: not swept, not undone
  std::optional<RunReport> undo{};  ///< of the last undo of it that could write one
};

/// Newest first. Folders that are no run's are passed over.
std::vector<PastRun> past_runs(const act::StateFolder& state);

/// How many steps of a run its undos have put back: by the report of the last one, if it was written when
/// their journal was as long as it is now; else (that one was killed, or is under way) by the journal, with a
/// bit for each step. Errors: it cannot be read.
Result<std::uint64_t> steps_back(const act::StateFolder& state, const PastRun& run,
                                 const std::string& secret);

/// The run whose id begins with `words`. Errors (Exit::usage): none, or several; the remedy is a line made of
/// `options`.
Result<PastRun> find_run(const act::StateFolder& state, const std::string& words, const Options& options);

/// Writes runs/ID/report.json, whole or not at all; an undo's and a sweep's stand beside it under their own
/// names. The work is done by then: what cannot be written becomes a note, and RunReport::kept false.
void keep_report(const act::StateFolder& state, RunReport& report);

/// While keys of a run lie in quarantine. Kept as a file, so that a kill changes nothing.
Result<bool> mark_quarantine(const act::StateFolder& state, const std::string& id);
void unmark_quarantine(const act::StateFolder& state, const std::string& id);

/// What runs against `target` removed in the 24 hours before `now` (the server's clock).
Result<plan::Amount> done_within_a_day(const act::StateFolder& state, const std::string& target,
                                       std::chrono::milliseconds now);

/// Removes journals that the policy does not keep, oldest first, and says so, a sentence each. Never one with
/// keys in quarantine, and never `spared` (UNDO-6).
std::vector<std::string> drop_old_runs(const act::StateFolder& state, const plan::JournalPolicy& policy,
                                       const std::string& spared);

/// Removes a run's folder. Error: it cannot be removed.
Result<bool> forget_run(const act::StateFolder& state, const std::string& id);

}  // namespace headroom::app
