#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "act/pressure.h"
#include "wire/info_text.h"

/// What a server says of how it bears the changes, and what follows from it (THR-2). Pure.
namespace headroom::act {

struct Signals {
  std::string missing{};  ///< what is not known and why; the rest of the numbers means nothing then
  bool replica = false;   ///< the server is no master
  bool loading = false, saving = false, rewriting = false;
  bool syncing = false;  ///< a replica has not got all of its snapshot yet
  std::uint64_t replicas = 0;
  std::optional<std::uint64_t> lag{};  ///< bytes, of the replica that is farthest behind; empty: not known
  std::uint64_t replica_buffers = 0;   ///< bytes
  std::uint64_t lazyfree = 0;          ///< objects
};

/// Reads what INFO answers to "replication", "persistence" and "memory".
Signals read_signals(const wire::InfoText& replication, const wire::InfoText& persistence,
                     const wire::InfoText& memory);

/// The smallest limit that Redis itself sets to what waits for a replica, hard or soft; 0: none. `setting` is
/// client-output-buffer-limit as CONFIG GET gives it.
std::uint64_t replica_buffer_limit(std::string_view setting);
/// Of redis.conf: 256mb 64mb 60.
inline constexpr std::uint64_t usual_replica_buffer_limit = 64U << 20U;

/// The last round trips of our own, by the time they ended.
class RoundTrips {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::microseconds;

  void add(Time ended, Span length);
  /// All but one in a hundred were shorter, but the longest one is left out while there are fewer than a
  /// hundred: one hiccup is no state. Of the last ten seconds.
  Span p99() const;
  Span least() const;  ///< zero: none yet
  /// The shorter one of the last two.
  Span last_two() const;

 private:
  std::deque<std::pair<Time, Span>> trips_{};
};

/// A reason to wait. `kind` is one of few, so that waits can be added up by it.
struct Reason {
  std::string_view kind{};  ///< of static storage; empty: none
  std::string detail{};
  bool asked_for = false;  ///< by a person: may last as long as it likes

  explicit operator bool() const { return !kind.empty(); }
  std::string words() const { return detail.empty() ? std::string(kind) : std::string(kind) + ": " + detail; }
};

/// The most important reason to wait; `buffer_limit` as of replica_buffer_limit().
Reason why_wait(const Signals& signals, std::uint64_t buffer_limit, RoundTrips::Span p99,
                const PressureLimits& limits);

/// Whether `minute` of the day lies in one of the windows.
bool in_window(const std::vector<PressureLimits::Window>& windows, int minute);

}  // namespace headroom::act
