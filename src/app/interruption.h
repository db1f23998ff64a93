#pragma once

#include <memory>

#include "wire/waiting.h"

namespace headroom::app {

/// What Ctrl-C, SIGTERM and SIGHUP set off: every connection that shares it stops waiting, the command prints
/// what it has and ends with Exit::partial. The handlers are installed by the first call; a second Ctrl-C
/// ends the program at once.
std::shared_ptr<wire::Cancellation> interruption();

}  // namespace headroom::app
