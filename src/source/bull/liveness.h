#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/bull_liveness.h"
#include "model/bull_queue.h"
#include "wire/link.h"

namespace headroom::source::bull {

/// The reply to CLIENT LIST; empty when the server does not let us look.
Result<std::string> client_list(wire::Link& link);

/// Whether a connection in CLIENT LIST names this queue: "PREFIX:BASE64" of its name, exactly or followed by
/// ":w:",
/// ":qe" or ":qs". Where the root can be split into prefix and name in several ways, all are tried.
bool has_client(std::string_view clients, std::string_view root);

Result<BullLiveness> liveness(wire::Link& link, const BullQueue& queue, std::string_view clients);

}  // namespace headroom::source::bull
