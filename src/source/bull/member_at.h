#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "model/bull_queue.h"
#include "wire/link.h"

namespace headroom::source::bull {

/// A place in a sorted set: score first, then the bytes of the member, as the server orders them.
using Ranked = std::pair<double, std::string>;

/// The member of a state at `rank`, counted from the oldest. Empty: the state has not got so many.
Result<std::optional<Ranked>> member_at(wire::Link& link, const BullQueue& queue, std::string_view state,
                                        std::uint64_t rank);

}  // namespace headroom::source::bull
