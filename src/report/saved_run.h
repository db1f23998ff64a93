#pragma once

#include <string_view>

#include "base/result.h"
#include "model/run.h"

namespace headroom::report {

/// Reads what run_report() gave as JSON (schema headroom.run/1): how a state folder remembers its runs.
/// `where` is for messages. Errors (Exit::usage): not JSON, or no run.
Result<RunReport> read_saved_run(std::string_view json, std::string_view where);

}  // namespace headroom::report
