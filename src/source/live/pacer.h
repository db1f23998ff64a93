#pragma once

#include <chrono>
#include <cstdint>

#include "source/live_scan.h"

namespace headroom::source {

/// Keeps the share of wall time that requests are outstanding at or below a percentage, by asking for rests.
/// Told when the first request leaves and when the last reply is in; never looks at the clock by itself.
class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::steady_clock::duration;

  explicit Pacer(std::uint32_t max_load_percent) : percent_(max_load_percent) {}

  /// Something is outstanding from now on. Without effect when something was already.
  void busy(Time now);
  /// Nothing is outstanding any more.
  void idle(Time now);
  /// True when no more should be sent before a rest. Always false at 100 percent.
  bool rest_due(Time now) const;
  /// How long to rest for the work since the last rest. Needs: nothing outstanding. Forgets that work.
  Span take_rest();

 private:
  std::uint32_t percent_;
  bool working_ = false;
  Time since_{};
  Span worked_{};
};

}  // namespace headroom::source
