#pragma once

#include "app/subcommand.h"
#include "base/result.h"
#include "model/report.h"

namespace headroom::app {

/// A report as the options ask. Error (Exit::usage): csv of a table that it has not.
Result<std::string> rendered(const Report& report, const Invocation& invocation);

/// Prints a report as the options ask: to stdout, or to --output (written beside it and renamed, mode 0600,
/// so that a reader never sees half a report). A reader of our stdout that has gone away (`| head`) is not an
/// error.
Result<bool> emit(const Report& report, const Invocation& invocation);

/// Prints an error to stderr: what, where and what to type next; as JSON when --format says so.
void complain(const Error& error, std::string_view format);

/// Prints one line to stderr for whoever watches; made safe for terminals.
void tell(std::string_view line);

/// Whether people look at our stderr, so that progress and hints make sense there.
bool stderr_is_for_people(const Options& options);

/// Whether people look at our output, and not a file or a program.
bool stdout_is_for_people(const Options& options);

}  // namespace headroom::app
