#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headroom::app {

/// The whole of a file that the user named with `option`; at most 64 MiB, so that a wrong name cannot eat the
/// machine. Errors (Exit::usage): not there, no right, not a file, too large.
Result<std::string> read_file(const std::string& path, std::string_view option);

}  // namespace headroom::app
