#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headroom::app {

/// The completion script of `shell` (bash, zsh or fish), made from the same tables as the command line
/// itself.
Result<std::string> completion_script(std::string_view shell);

}  // namespace headroom::app
