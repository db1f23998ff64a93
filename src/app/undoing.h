#pragma once

#include "app/run_history.h"
#include "app/run_means.h"
#include "base/result.h"
#include "model/run.h"

namespace headroom::app {

/// What a journal says of its run.
struct JournalSummary {
  act::JournalStart start{};
  act::JournalHealth health{};
};
Result<JournalSummary> summary_of(const act::StateFolder& state, const std::string& run,
                                  const std::string& secret);

/// The server of a run, and what it needs to change it. Errors (Exit::refused): a replica; another server
/// than the run was on, unless --force.
struct UndoGround {
  RunGround ground;
  PastRun run{};
  JournalSummary journal{};
  ServerNow before{};
};
Result<UndoGround> undo_ground(const Invocation& invocation, const std::string& run,
                               const std::string& target);

/// Puts back what --family, --pattern and --rule name, or all (UNDO-2).
Result<RunReport> undo_run(const UndoGround& about);
/// --dry-run: what would come back.
Result<RunReport> preview_run(const UndoGround& about);
/// Removes for good what the run put into quarantine.
Result<RunReport> sweep_run(const UndoGround& about);

}  // namespace headroom::app
