#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash_set.h"
#include "base/result.h"
#include "model/bull_queue.h"
#include "plan/left_tally.h"
#include "plan/policy.h"
#include "plan/step_sink.h"

/// Which finished jobs of a queue go, and what must hold when they do.
///
/// A step is one job: its hash, its parts, its place in the set, and the deduplication key that names it.
/// What can happen to a finished job between plan and apply, by the libraries' own scripts (bullmq 1-6, bull
/// 3-4):
///  - it is retried (reprocessJob, moveJobsToWait, retryJobs): all begin with ZREM from the set; when it ends
///    again it has a later score. So: `score_is`.
///  - its hash goes and another job gets its id (counter reset, custom id used again): the new hash has a
///    timestamp of its own. So: `field_is` timestamp. It is compared for equality, as clocks of producers and
///    workers differ and a job may seem to have been added after it ended.
///  - a flow adopts it as a child (handleDuplicatedJob): a completed one is entered as processed at once and
///  is
///    as free as before; a failed one is listed in the parent's `dependencies` and gets a `parentKey`. So for
///    failed jobs: `field_missing` or `field_is` parentKey, with `no_member` of that parent's `dependencies`.
///  - progress, logs, data are changed: they go with it, and are in the journal.
/// No script moves it anywhere else. Two checks, three to four for failed jobs; Bull's own clean() leaves
/// locked jobs alone, so ours does in Bull's queues.
namespace headroom::plan::bull {

/// bull-bullmq.md 4.1: what a member of `completed` costs besides its hash.
inline constexpr Bytes finished_entry{96};

class FinishedRule {
 public:
  /// `state`: "completed" or "failed". `pending`: ids of all jobs that are not finished, read before the
  /// first take(). `began`: the server's time then. All borrowed but the queue.
  FinishedRule(BullQueue queue, std::string_view state, const BullPolicy& policy, const HashSet& pending,
               std::chrono::milliseconds began, StepSink& steps);

  /// Makes the step, or leaves the job alone. A member without a hash is another rule's
  /// (plan/bull/danglers.h).
  Result<bool> take(const BullFinishedJob& job);
  /// Says what was left alone.
  void finish() { left_.tell(steps_); }

 private:
  std::optional<std::string_view> why_not(const BullFinishedJob& job) const;
  bool reused(const BullFinishedJob& job) const;
  Step step_for(const BullFinishedJob& job) const;
  void add_checks(Step& step, const BullFinishedJob& job) const;
  void add_parent(Step& step, const BullFinishedJob& job) const;
  std::uint16_t rule();

  BullQueue queue_;
  std::string state_, state_key_;
  const BullPolicy& policy_;
  const HashSet& pending_;
  std::chrono::milliseconds began_;
  StepSink& steps_;
  LeftTally left_{};
  std::optional<std::uint16_t> rule_{};
};

}  // namespace headroom::plan::bull
