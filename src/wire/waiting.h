#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

#include "base/result.h"
#include "wire/fd.h"

namespace headroom::wire {

/// "Stop what you are doing", said once and for good, to every connection that was given this object.
/// Throws std::runtime_error from the constructor when the system has no file descriptors left.
class Cancellation {
 public:
  Cancellation();
  /// Wakes all who wait. From any thread, and from a signal handler.
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }
  /// Becomes readable when cancelled and stays so.
  int descriptor() const { return wakes_.number(); }

 private:
  std::atomic<bool> cancelled_ = false;
  Fd wakes_;
};
static_assert(std::atomic<bool>::is_always_lock_free, "cancel() is called from signal handlers");

/// A moment after which waiting ends with the error built from `what`.
struct Deadline {
  std::chrono::steady_clock::time_point at{};
  std::string_view what{};  ///< of static storage: "the server did not answer in time"
  std::string_view remedy{};
  Exit exit = Exit::unreachable;
};

/// Waits until `fd` is ready for `events` (of poll(2); an error or a hang-up counts as ready).
/// Errors: the deadline passed, with its texts; cancelled (Exit::partial). Both are seen even when the
/// descriptor is ready.
Result<bool> wait_for(int fd, short events, const Deadline& deadline, const Cancellation& cancellation);

/// What wait_for() checks, without waiting.
Result<bool> still_allowed(const Deadline& deadline, const Cancellation& cancellation);

}  // namespace headroom::wire
