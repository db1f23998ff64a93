#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "model/bull_queue.h"
#include "wire/link.h"

namespace headroom::source::bull {

struct EventStream {
  std::uint64_t entries = 0;           ///< 0: no stream
  std::optional<std::uint64_t> cap{};  ///< meta.opts.maxLenEvents
  Bytes bytes{};                       ///< MEMORY USAGE, 1000 samples
};
Result<EventStream> event_stream(wire::Link& link, const BullQueue& queue);

/// How many of the newest entries are not older than `since`; counting ends at `most`, and then says `most`.
/// Reads the entries, as the server has no command that counts them; so `most` should be small.
Result<std::uint64_t> events_since(wire::Link& link, const BullQueue& queue, std::chrono::milliseconds since,
                                   std::uint64_t most);

}  // namespace headroom::source::bull
