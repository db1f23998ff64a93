#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::act {

/// One applier per master (LEASE-1): "headroom:lease" holds "TOKEN HOLDER", expires after 15 s and is renewed
/// every 5. It is advisory: a failover may forget it. What makes that harmless is that every script compares
/// the token and the server's clock (safety.md 6). Works at maxmemory too. A flock on the state folder keeps
/// two runs of one machine apart where the server cannot be asked.
struct Lease {
  std::string key = "headroom:lease";
  std::string token{};   ///< what the value begins with
  std::string holder{};  ///< "user@host pid 4711 run 1f3c...": for whoever finds it taken
};

class LeaseKeeper {
 public:
  /// Errors (Exit::refused): somebody else holds it, and who.
  static Result<std::unique_ptr<LeaseKeeper>> take(wire::Link& link, const std::string& run);
  virtual ~LeaseKeeper() = default;
  virtual const Lease& lease() const = 0;
  /// Renews when it is time; false once it was lost or two thirds of its life have passed by our clocks,
  /// monotonic or wall, without a renewal: stop at once.
  virtual Result<bool> keep() = 0;
  virtual void release() = 0;
};

}  // namespace headroom::act
