#pragma once

#include <string>

#include "base/result.h"
#include "model/report.h"
#include "model/survey.h"
#include "report/saved_audit.h"

namespace headroom::app {

/// The audit saved in a file of `audit --format json`. Errors (Exit::usage): unreadable, or no audit.
Result<report::SavedAudit> load_saved_audit(const std::string& path);

/// A survey as one side of a comparison: as it would be saved.
Result<report::SavedAudit> as_saved(const Survey& survey);

/// What grew from `before` to `now`; `top` rows of each table, 0: all.
Result<Report> growth_since(const report::SavedAudit& before, const Survey& now, std::size_t top);

}  // namespace headroom::app
