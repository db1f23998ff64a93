#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "app/options.h"
#include "base/result.h"
#include "plan/limits.h"

namespace headroom::app {

/// The numbers among the options of `plan`, `clean`, `apply`, `undo` and `sweep`. Read as a whole before
/// anything connects: a slip of the pen must not be found after an hour of planning.
struct Wishes {
  std::optional<double> duty{};   ///< --duty, a share of the time
  std::optional<double> until{};  ///< --until, a share of maxmemory
  std::optional<std::chrono::seconds> run_time{};
  plan::Allowance allowance{};  ///< --limit-keys, --max-share, --phrase
};

/// Also proves what scan_options() and precision_of() will be asked for. Errors (Exit::usage): a value that
/// is none.
Result<Wishes> read_wishes(const Options& options);

}  // namespace headroom::app
