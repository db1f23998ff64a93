#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "act/execute/job.h"
#include "act/execute/pipeline.h"
#include "act/execute/traits.h"

namespace headroom::act {

/// What reading needs to know.
struct Reading {
  ServerTraits traits{};
  std::uint64_t largest_dump = 0;  ///< bytes by MEMORY USAGE; larger values are not read
  std::string fence_key{}, fence_token{};
  ServerClock* clock = nullptr;  ///< borrowed; is told what the reading took
};

/// Whether an observation will ask the server anything.
bool needs_reading(const Batch& batch);

class Observer;

/// Reads what the steps of a batch are judged by and what the journal needs, in one to three round trips:
/// WATCH, then per key the idle time (before anything touches the key), the deadline, the value; then the
/// parts that turned out to be there; then values whose size had to be asked first.
class Observation {
 public:
  /// Borrows all three. Sends the first questions and waits for nothing; needs: nothing pending on `link`.
  Observation(wire::Link& link, Batch& batch, const Reading& reading);
  ~Observation();
  /// The answers, and what has to be asked then. Errors about one step are left in Job::refused; `fenced` is
  /// set when the lease is somebody else's (Way::plain; a script looks for itself).
  Trouble hear(bool& fenced);

 private:
  std::unique_ptr<Observer> observer_;
};

}  // namespace headroom::act
