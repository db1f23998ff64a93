#pragma once

#include "app/subcommand.h"
#include "base/result.h"
#include "model/report.h"
#include "model/run.h"

/// How commands that change a server begin and end their output.
namespace headroom::app {

/// Before anything is changed: whether a report like this one can be printed as the options ask. Errors
/// (Exit::usage): no such table; the place of --output cannot be written.
Result<bool> can_tell_run(const Invocation& invocation, const Report& like);
Result<bool> can_tell_run(const Invocation& invocation);

/// Prints the report; how the command ends: Exit::fine, or Exit::partial when the run stopped early (but at
/// the goal of
/// --until), steps failed, or the report could not be kept. Error (Exit::partial): it cannot be printed; says
/// what was done all the same, by which run.
Result<Exit> tell_run(const RunReport& run, const Report& report, const Invocation& invocation);

}  // namespace headroom::app
