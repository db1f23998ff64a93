#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>

#include "model/pattern_group.h"

namespace headroom::plan {

/// Deadlines that never come too many at once (TTL-2): a server that expires 83 % of its turns at one moment
/// makes every client wait (safety.md 2.6). Every key gets a moment of its own; seconds in which keys of the
/// server expire anyhow have less room. What exists is known by buckets only, and taken as evenly spread in
/// each; of the last, which is open, nothing is known.
///
/// Memory: one entry per second that got keys.
class ExpirySpread {
 public:
  /// `existing`: Survey::ttl_histogram, measured at `now` (server's clock, since the epoch).
  ExpirySpread(std::uint32_t per_second, std::chrono::milliseconds now,
               std::span<const Estimate, ttl_bucket_count> existing);

  /// The deadline of one more key: the first with room, at `earliest` or after it.
  std::chrono::milliseconds next(std::chrono::milliseconds earliest);

 private:
  std::int64_t per_second_;
  std::int64_t now_;                                        ///< seconds
  std::array<std::int64_t, ttl_bucket_count> existing_{};   ///< per second
  std::map<std::int64_t, std::int64_t> given_{};            ///< by second
  std::map<std::int64_t, std::int64_t> first_with_room_{};  ///< by second of `earliest`
};

}  // namespace headroom::plan
