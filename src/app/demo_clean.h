#pragma once

#include <string>

#include "app/subcommand.h"
#include "base/result.h"

namespace headroom::app {

/// The second half of the demo, for people: what a clean of the server at `address` would do, that it does
/// it, and that it can be taken back. Policy, state and journal are kept in `folder`. Prints; the server
/// holds what it held before. Errors: of planning, applying and undoing.
Result<bool> show_clean(const Invocation& demo, const std::string& address, const std::string& folder);

}  // namespace headroom::app
