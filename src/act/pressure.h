#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/clock.h"
#include "act/lease.h"
#include "act/pace.h"
#include "wire/link.h"
#include "wire/waiting.h"

namespace headroom::act {

/// How hard a run may press.
struct PressureLimits {
  double duty = 0.25;  ///< share of time that requests of ours may be with the server (THR-1); 1: no rests
  std::chrono::microseconds batch_target{500}, batch_most{2'000};  ///< service time of one batch
  std::size_t first_batch = 100;                                   ///< REDIS_CLEANUP_BATCH_SIZE
  std::uint64_t most_replica_lag = 8U << 20U;                      ///< bytes; pause above, or when not known
  double most_replica_buffer = 0.5;  ///< of mem_clients_slaves to the output buffer limit; pause above
  std::chrono::milliseconds most_round_trip{50};      ///< p99 of our own PINGs; pause above
  std::chrono::milliseconds abort_round_trip{1'000};  ///< stop above, twice in a row
  std::uint64_t most_lazyfree = 100'000;              ///< lazyfree_pending_objects; pause above
  std::optional<std::chrono::seconds> run_time{};     ///< stop after
  std::chrono::seconds longest_wait{
      600};  ///< then stop instead of waiting on; not for a pause that was asked
  struct Window {
    int from_minute = 0, to_minute = 24 * 60;
  };                              ///< of the day, local time; may cross midnight
  std::vector<Window> windows{};  ///< empty: always
};

struct PressureParts {
  /// A connection of its own for INFO and PING, now and whenever it is lost; called from a thread of its own
  /// after press() has returned.
  std::function<Result<std::unique_ptr<wire::Link>>()> open{};
  /// Of the connections that `open` makes: cancelled at the end, so that the thread does not wait for a
  /// server that hangs. Empty: the end waits for the deadline of a command.
  std::shared_ptr<wire::Cancellation> cancellation{};
  std::vector<std::string> stop_files{};
  std::string control_socket{};  ///< empty: none
  std::function<bool()> interrupted{};
  LeaseKeeper* lease = nullptr;                            ///< borrowed
  std::function<void(std::string_view reason)> on_wait{};  ///< for the status line; empty text: going on
  std::function<void(std::string_view note)> on_note{};    ///< what does not work, said at the start
  Clock clock = real_clock();  ///< of rests and waits; the server is looked at in real time
};

/// The Pace of real runs: several reasons to wait, any one is enough, a signal that is missing is one too
/// (THR-2): replica lag, output buffers, BGSAVE or rewrite or full sync under way, round trips, lazyfree
/// backlog, time window, "pause" on the control socket. Reasons to stop: stop files (THR-4), a signal, the
/// run time, the lease, "stop" on the control socket, the abort level (THR-3), a server that became a
/// replica. Whatever it waits for, a reason to stop ends the wait within a tenth of a second. The control
/// socket is runs/ID/control (0600): act/control_socket.h.
///
/// Time with the server is what it says itself that it was at work, or what we waited for the answer without
/// its way (the shortest PING), whichever is more: a server that syncs its AOF is at work behind its clock.
/// Errors: the server cannot be reached.
Result<std::unique_ptr<Pace>> press(const PressureLimits& limits, PressureParts parts);

}  // namespace headroom::act
