#pragma once

#include <string>

#include "app/subcommand.h"
#include "base/result.h"

namespace headroom::app {

/// `headroom plan show FILE`: the report of a plan, or with --keys every step: its keys, exactly, with the
/// checks that must hold and the changes (report/step_lines.h).
Result<Exit> show_plan(const Invocation& invocation, const std::string& file);

}  // namespace headroom::app
