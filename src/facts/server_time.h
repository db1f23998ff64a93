#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::facts {

/// What TIME answers, since the epoch. Empty: an error, or nonsense.
std::optional<std::chrono::milliseconds> read_time(const wire::Reply& reply);

/// The server's clock now. Errors: the connection is lost; the server does not tell (Exit::unreachable), and
/// whoever must judge ages cannot go on.
Result<std::chrono::milliseconds> server_time(wire::Link& link);

}  // namespace headroom::facts
