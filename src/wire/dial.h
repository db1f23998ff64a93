#pragma once

#include "base/result.h"
#include "wire/endpoint.h"
#include "wire/fd.h"
#include "wire/waiting.h"

namespace headroom::wire {

/// A connected, non-blocking socket to the endpoint: TCP (every address of the name in turn, no delay,
/// keepalive) or Unix. Looking the name up counts into the deadline. Errors: unknown name, refused, no such
/// socket, deadline, cancelled; `where` is left empty.
Result<Fd> dial(const Endpoint& endpoint, const Deadline& deadline, const Cancellation& cancellation);

}  // namespace headroom::wire
