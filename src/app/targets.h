#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/session.h"

namespace headroom::app {

/// What a command looks at: a running server, or a file that one wrote.
struct Target {
  std::optional<Session> server{};
  std::string file{};  ///< a path, "-" for standard input; empty for a server
};

/// The targets of the command line in order; one server (of the options and the environment) when none is
/// given. A word without "://" is a file. Opens nothing. Errors: Exit::usage.
Result<std::vector<Target>> targets(const Invocation& invocation);

}  // namespace headroom::app
