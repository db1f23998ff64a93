#pragma once

#include <string>

#include "act/plan_file.h"
#include "app/run_means.h"
#include "base/result.h"
#include "model/run.h"

namespace headroom::app {

/// Applies the plan in `file`: once, to the server it was made for, while it is good (PLAN-2, PLAN-7). A run
/// that was interrupted goes on. Errors (Exit::refused), each in its own words: the plan is stale, for
/// another server, a replica, another database, from another version of headroom or other rules, over the
/// limits, or was applied; nothing was changed then.
Result<RunReport> apply_plan(const RunGround& ground, const std::string& file);

/// --dry-run: which steps would still be made, by reading commands alone.
Result<RunReport> rehearse_plan(const RunGround& ground, const std::string& file);

/// What `headroom apply` is about. `target` may be empty.
Result<RunGround> apply_ground(const Invocation& invocation, const std::string& file,
                               const std::string& target);

}  // namespace headroom::app
