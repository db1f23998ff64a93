#pragma once

#include "base/hash_set.h"
#include "base/result.h"
#include "model/bull_queue.h"
#include "wire/link.h"

/// Which jobs the sets and lists of a queue name. Lists are read in windows (members.h).
namespace headroom::source::bull {

/// Adds the ids of all jobs that are not finished.
Result<bool> pending_ids(wire::Link& link, const BullQueue& queue, HashSet& ids);

/// Adds the ids in all lists, read twice in the direction in which jobs go (paused, wait, active, wait,
/// active, paused), so that a job that moves while they are read is met at one of its places.
Result<bool> listed_ids(wire::Link& link, const BullQueue& queue, HashSet& ids);

/// Adds the ids of all jobs in any state.
Result<bool> all_ids(wire::Link& link, const BullQueue& queue, HashSet& ids);

}  // namespace headroom::source::bull
