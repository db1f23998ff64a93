#pragma once

#include <chrono>

#include "base/result.h"
#include "model/bull_liveness.h"
#include "plan/bull/queue_rules.h"
#include "plan/policy.h"

/// Queues that nobody uses (bull-bullmq.md 5.6). No sign alone decides: a queue is taken for abandoned when
/// no worker or listener is connected or has left its heartbeat, it holds no work, not even finished work, no
/// job hash, no settings that somebody would miss, and its last sign of life is long ago by two clocks: that
/// of its events and that of the server's idle times. Should a producer come back all the same, it begins
/// with id 1 in an empty queue: nothing is mixed up.
namespace headroom::plan::bull {

/// The second observation of a queue with events: nobody has touched its counter or settings for so long.
inline constexpr std::chrono::hours untouched{1};

/// One step that removes all that is left of the queue, `meta` too. `jobs`: hashes that may be jobs are
/// there. `now`: of the server. Does nothing for queues that are used; says why a queue without work stays.
Result<bool> take_abandoned(QueueRules& rules, const BullLiveness& found, bool jobs, const BullPolicy& policy,
                            std::chrono::milliseconds now);

/// Metrics whose last minute was closed longer than the policy's metrics_age ago, of queues without workers.
Result<bool> take_metrics(QueueRules& rules, const BullLiveness& found, const BullPolicy& policy,
                          std::chrono::milliseconds now);

}  // namespace headroom::plan::bull
