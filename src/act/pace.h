#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/run.h"

namespace headroom::act {

/// What a request took.
struct Served {
  std::chrono::nanoseconds at_work{};  ///< of the server, by its own clock; 0: it was not asked
  std::chrono::nanoseconds waited{};   ///< that we stood waiting for the answer, its way there and back too
  std::size_t units = 0;               ///< keys and members; 0: says nothing of the size of batches
};

/// Decides when the next batch may go and how large it is. The executor asks before every batch and tells
/// what it took. See pressure.h for the real one.
class Pace {
 public:
  virtual ~Pace() = default;
  enum class Go : std::uint8_t { on, stop };
  /// Waits as long as there is a reason to wait, and rests after work so that the duty is kept. `stop`: the
  /// run ends after what is under way; why_stopped() says why.
  virtual Result<Go> permit() = 0;
  /// Whether permit() would rest now. Else the next request may be under way before the last is answered.
  virtual bool rest_due() const = 0;
  /// Whether somebody wants the run to end, and why_stopped() says so: permit() without waiting, and without
  /// a look at the server.
  virtual bool has_to_end() = 0;
  /// Units (keys and members) that one script may carry now: 1 to 100 (APPLY-3).
  virtual std::size_t batch() const = 0;
  virtual void served(const Served& request) = 0;
  /// A wait that the executor itself made: for replicas, for a server that loads.
  virtual void waited(std::string_view reason, std::chrono::milliseconds length) = 0;
  virtual std::string why_stopped() const = 0;
  virtual std::vector<RunWait> waits() const = 0;
};

}  // namespace headroom::act
