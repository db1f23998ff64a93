#pragma once

#include "base/hash_set.h"
#include "base/result.h"
#include "model/bull_debris.h"
#include "model/bull_queue.h"
#include "wire/link.h"

/// The beginning and the end of a reading of a live queue: what the queue was like, and what its event stream
/// says happened meanwhile.
///
/// In every version of BullMQ that has the stream, each transition of a job adds an entry with its id in the
/// same script, but for changePriority (which changes the hash) and pause and resume up to version 5 (which
/// rename the whole list, and say so without an id). So a job that none of the entries since the look
/// mentions was in one place all the time, and a reading of all places that did not find it proves that it is
/// in none. Source: the Lua scripts of bullmq 1.91 to 6.7 (bull-bullmq.md 5.1).
namespace headroom::source::bull {

Result<BullLook> look_at(wire::Link& link, const BullQueue& queue);

/// Adds the ids that the entries since the look mention. `covered`: none of them was trimmed away before it
/// was read; false for queues without a stream (Bull).
Result<BullNews> news_since(wire::Link& link, const BullQueue& queue, const BullLook& look, HashSet& ids);

}  // namespace headroom::source::bull
