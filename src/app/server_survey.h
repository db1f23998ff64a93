#pragma once

#include <span>

#include "app/options.h"
#include "app/session.h"
#include "app/snapshot_survey.h"
#include "base/result.h"
#include "family/family.h"
#include "model/survey.h"

namespace headroom::app {

/// Surveys a running server the way that --source says:
///   scan      asks it key by key
///   snapshot  attaches to it, or to a replica of it, as a replica, and reads what it sends; says before what
///   the fork
///             may cost, and refuses when that is dangerous (unless --force)
///   auto      a snapshot where it costs the target next to nothing (a million keys or more, and a replica
///   that can
///             give it, without danger), else a scan
/// Where the server forbids a snapshot, and with `auto` where one is dangerous, it scans and says so in the
/// notes. Errors: see survey_live() and source::open_snapshot().
Result<Survey> survey_server(const Session& session, std::span<const family::Family> families,
                             const Options& options);

/// A snapshot of the server, or of a replica of it, read along by `companion`, for commands that a scan does
/// not serve. `command` names the program in CLIENT LIST. Errors: also where the server forbids it.
Result<Survey> survey_server_snapshot(const Session& session, std::span<const family::Family> families,
                                      const Options& options, std::string_view command,
                                      SnapshotCompanion& companion);

}  // namespace headroom::app
