#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "act/execute/job.h"
#include "act/execute/lane.h"
#include "act/execute/script.h"

namespace headroom::act {

/// How the change of a batch ended.
struct Made {
  enum class End : std::uint8_t {
    made,       ///< `results` says it of each step
    lost,       ///< no answer: it may have been made, or will be
    refused,    ///< `text` is the server's error; nothing was done
    aborted,    ///< a watched key changed; nothing was done
    late,       ///< the server's clock was past the deadline; nothing was done
    fenced,     ///< the lease is somebody else's; nothing was done
    forgotten,  ///< the server does not know the script; nothing was done
    no_memory,  ///< at maxmemory it refuses what is queued behind MULTI; nothing was done
  } end = End::made;
  std::string text{};
  std::vector<ScriptResult> results{};
};

struct Fence {
  std::string_view key{}, token{};
};

/// Makes the changes of `jobs` (judged, journaled, of one Way and of the database that `lane` has selected)
/// in one round trip.
class Changing {
 public:
  /// Borrows lane, clock and jobs. Sends the changes and waits for nothing; needs: nothing pending there.
  Changing(Lane& lane, ServerClock& clock, Way way, const std::vector<Job*>& jobs, std::int64_t deadline,
           const Fence& fence);
  Made hear();

 private:
  void queue_script(std::int64_t deadline, const Fence& fence);
  void queue_native();
  void queue_plain();
  Made native_made();
  Made plain_made();

  Lane& lane_;
  Way way_;
  const std::vector<Job*>& jobs_;
  Pipeline pipeline_;
  std::vector<wire::Reply> replies_{};
};

/// Makes the server know the script. Nothing is done by it.
Trouble teach_script(wire::Link& link);

}  // namespace headroom::act
