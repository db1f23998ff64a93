#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "act/clock.h"
#include "base/result.h"
#include "wire/fd.h"
#include "wire/link.h"

namespace headroom::act {

/// One applier per master (LEASE-1): "headroom:lease" holds "TOKEN HOLDER", expires after 15 s and is renewed
/// every 5; one whose holder ran on this machine and is dead is taken over at once. It is advisory: a
/// failover may forget it. What makes that harmless is that every script compares the token and the server's
/// clock (safety.md 6). Works at maxmemory too, from Redis 7.0 on.
struct Lease {
  /// Empty: there is none, because the server is at maxmemory and older than 7.0, see LeaseKeeper::note().
  std::string key = "headroom:lease";
  /// What the value begins with. All are of one length, so that none is the beginning of another, and no two
  /// are alike: the time and random digits.
  std::string token{};
  std::string holder{};  ///< "user@host pid 4711 run 1f3c...": for whoever finds it taken
};

struct LeaseOptions {
  std::chrono::milliseconds life{15'000};  ///< renewed when a third is over
  Clock clock = real_clock();
};

class LeaseKeeper {
 public:
  using Open = std::function<Result<std::unique_ptr<wire::Link>>()>;
  /// `open` makes a connection of its own, now and whenever that one is lost; its deadlines are how long
  /// keep() may take when the server hangs, so they should be about a second. Errors: somebody else holds it,
  /// and who (Exit::refused); the server does not let us write it.
  static Result<std::unique_ptr<LeaseKeeper>> take(Open open, const std::string& run,
                                                   LeaseOptions options = {});
  virtual ~LeaseKeeper() = default;
  virtual const Lease& lease() const = 0;
  /// Renews when it is time; false once it was lost or two thirds of its life have passed by our clocks,
  /// monotonic or wall, without a renewal: stop at once. Says false for ever then.
  virtual Result<bool> keep() = 0;
  /// Removes it if it is still ours. Where neither scripts nor WATCH are allowed it is left to expire.
  virtual void release() = 0;
  /// What the operator should know: that there is no lease, and why. Empty: nothing.
  virtual std::string note() const = 0;
};

/// Keeps two runs of one machine apart, also where the server cannot hold a lease: flock() on "lock" in the
/// state folder. The kernel drops the lock with its process, so a file that was left behind blocks nobody.
class LocalLock {
 public:
  /// Errors: another run holds it, and which (Exit::refused); the file cannot be opened.
  static Result<LocalLock> take(const std::string& state_folder, const std::string& run);

 private:
  explicit LocalLock(wire::Fd file) : file_(std::move(file)) {}
  wire::Fd file_;
};

}  // namespace headroom::act
