#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "act/pace.h"
#include "wire/link.h"

namespace headroom::act {

/// The server's clock, as last heard of and carried on by ours, and what it says of our requests. After a
/// sleep of this machine it is behind: a deadline made of it is early, and the script does nothing.
class ServerClock {
 public:
  using Micros = std::chrono::microseconds;

  /// An answer to TIME; nothing for any other.
  std::optional<Micros> heard(const wire::Reply& time);
  std::int64_t now() const;  ///< ms since the epoch

  /// The server was at requests of ours from `begin` to `end`. Those of several connections may overlap, as
  /// one is read while the other is worked on: no moment counts twice.
  void worked(Micros begin, Micros end);
  void waited(std::chrono::nanoseconds length) { since_.waited += length; }
  /// What came together since it was taken last.
  Served take(std::size_t units);

 private:
  std::int64_t server_ = 0;
  std::chrono::steady_clock::time_point heard_{};
  Micros last_end_{};
  Served since_{};
};

}  // namespace headroom::act
