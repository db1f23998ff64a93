#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "model/bull_queue.h"
#include "wire/link.h"

/// Reads the `completed` and `failed` sets of a queue of Bull or BullMQ, oldest first, in pages. Only reads;
/// marks the jobs it asks about as used (HMGET resets the idle time of a key, safety.md 2.2).
namespace headroom::source::bull {

struct FinishedSet {
  std::uint64_t size = 0;
  std::uint64_t older = 0;  ///< members with a score below the limit
};
/// How many finished jobs there are. No such key, or one of another type: none. `before`: ms since the epoch.
Result<FinishedSet> finished_set(wire::Link& link, const BullQueue& queue, std::string_view state,
                                 std::optional<std::chrono::milliseconds> before);

/// How many of the newest jobs take no more than `budget` together, by MEMORY USAGE of their hashes, logs and
/// children's results. Asks about those and the first that does not fit.
Result<std::uint64_t> newest_that_fit(wire::Link& link, const BullQueue& queue, std::string_view state,
                                      Bytes budget);

struct FinishedReading {
  std::uint64_t oldest = 0;  ///< so many, in order of rank
  BullJobParts parts = 0;    ///< that may exist; the others are not asked for
  /// One job in so many is measured; the others get the mean. 1: all.
  std::uint64_t measure_one_in = 1;
};

/// Gives the oldest jobs to `take`, page by page. Jobs that finish or go meanwhile do not disturb: what is
/// newer than the last of them at the start is never given; some may be passed over when others remove jobs
/// at the same time (they are found next time). Memory: one page.
Result<bool> read_finished(wire::Link& link, const BullQueue& queue, std::string_view state,
                           const FinishedReading& reading,
                           const std::function<Result<bool>(std::span<const BullFinishedJob>)>& take);

}  // namespace headroom::source::bull
