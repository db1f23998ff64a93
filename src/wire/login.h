#pragma once

#include <string_view>

#include "wire/endpoint.h"
#include "wire/link.h"

namespace headroom::wire {

/// Logs in over a fresh link as Connection::open() describes, and returns the protocol agreed on: 2 or 3.
/// Errors: wrong or missing password, no such database, the server is not ready. A server text is quoted only
/// where no password was part of the command: Redis repeats the arguments of commands it does not know.
Result<int> log_in(Link& link, const Endpoint& endpoint, std::string_view name);

}  // namespace headroom::wire
