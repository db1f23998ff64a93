#pragma once

#include "model/report.h"
#include "model/run.h"

/// What a run did: exact counts, not differences that traffic moves (A47, A103).
namespace headroom::report {

/// The report "headroom.run/1". Facts: run, kind ("apply", "undo", "sweep", "dry-run"), target, complete,
/// stopped_by, planned = removed + changed + gone + failed + unknown + pending (steps), failed_share, keys
/// (that went away or got a TTL), bytes_freed, journal_bytes, seconds, ended, keys_per_second, batches,
/// before{keys, used_memory}, after{keys, used_memory}, undone_steps (undo: by this and earlier ones).
/// Tables:
///   rules  rule, owner, planned, removed, changed, gone, failed, unknown, keys, bytes, why
///   waits  reason, seconds
Report run_report(const RunReport& run);

}  // namespace headroom::report
