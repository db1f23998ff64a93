#pragma once

#include <optional>

#include "base/bytes.h"

namespace headroom::app {

/// What programs on this machine may still take without swapping: MemAvailable of /proc/meminfo, or what the
/// limit of our control group leaves when that is less. Empty: the system does not tell.
std::optional<Bytes> available_memory();

}  // namespace headroom::app
