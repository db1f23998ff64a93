#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace headroom {

/// A part of a queue that is there, and what it takes.
struct BullFoundPart {
  std::string suffix{};
  Bytes bytes{};
};

/// Metrics of a state: `metrics:STATE`.
struct BullMetrics {
  std::string state{};     ///< "completed"
  std::string previous{};  ///< field prevTS: when the last minute was closed, ms since the epoch
  bool data = false;       ///< the list of minutes is there
  Bytes bytes{};           ///< of both
};

/// Whether anybody lives in a queue of Bull or BullMQ (bull-bullmq.md 5.6).
struct BullLiveness {
  bool heartbeat = false;      ///< `stalled-check`: a worker lived less than half a minute ago
  bool clients = false;        ///< a connection has its name
  bool clients_known = false;  ///< the server let us look
  bool work = false;           ///< a key that holds jobs or schedules is there, finished ones included
  bool settings = false;       ///< `meta` says more than who opened it: paused, limits
  std::optional<std::chrono::milliseconds> last_event{};  ///< since the epoch
  std::optional<std::chrono::seconds> idle{};             ///< the least of `id` and `meta`; empty: not known
  std::optional<std::string> counter{};                   ///< the value of `id`
  std::vector<BullFoundPart> parts{};                     ///< all but those of work
  std::vector<BullMetrics> metrics{};
};

/// The parts of a queue that hold jobs or schedules.
inline constexpr std::string_view bull_work_parts[] = {
    "wait",      "paused", "active", "delayed", "prioritized", "waiting-children",
    "completed", "failed", "repeat", "priority"};

}  // namespace headroom
