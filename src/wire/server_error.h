#pragma once

#include "wire/link.h"

/// What an error reply means for one who only reads: the table of wire/reactions.h, asked the two questions
/// that matter then.
namespace headroom::wire {

/// The command is not there for us, whatever its arguments: renamed, disabled, unknown to this version or
/// kind of server, or the user may not run it. Asking again is useless; going on without it is not. False for
/// other replies.
bool command_refused(const Reply& reply);

/// A state of the server that ends by itself (LOADING, BUSY, ...): the same question later makes sense. False
/// for other replies.
bool passes_by_itself(const Reply& reply);

}  // namespace headroom::wire
