#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/bull_debris.h"
#include "plan/bull/queue_rules.h"
#include "plan/policy.h"

/// What else a queue may have left: parts of jobs that are gone, deduplication keys, danglers, keys of older
/// versions; and TTLs that somebody gave to what must not expire. Each step proves atomically what was read.
namespace headroom::plan::bull {

/// Ids that the library itself gives: what the counter of the queue has counted; a UUID (children of flows;
/// in Bull with ":GROUP" behind it); "repeat:KEY:MS" of schedulers.
bool is_given_id(std::string_view id, std::uint64_t counter);

/// bull-bullmq.md 5.3: no script makes a part of a job that does not exist, so a part without its job is
/// debris. That there was such a job must be seen: a set names it, its id is of those that the library gives,
/// or its entries are keys of jobs. Else it may be a key of the application, below the queue's name, and
/// stays.
Result<bool> take_sub_key(QueueRules& rules, const BullSubKey& one, Remover& remover);

/// bull-bullmq.md 5.4: a key without a TTL that names a job which is gone: add() returns the dead id and
/// drops the new job.
Result<bool> take_deduplication(QueueRules& rules, const BullDeduplication& one);

/// bull-bullmq.md 5.5: a member without a hash. Of finished states it is dropped; of others a worker would
/// run it with no data: that is damage, and dropping it is a repair that the policy must allow
/// (waiting_danglers).
Result<bool> take_dangler(QueueRules& rules, const BullDangler& one, const BullPolicy& policy);

/// bull-bullmq.md 5.2. `version`: the major version that the queue shows (meta, or the keys of its layout).
Result<bool> take_legacy_key(QueueRules& rules, const BullLegacyKey& one, unsigned version);

/// The library gives a TTL neither to the parts of a queue nor to its jobs; somebody's script did, and when
/// it ends the queue loses its counter, its sets or its work (bull-bullmq.md 3.1).
Result<bool> take_ttl(QueueRules& rules, const std::string& key, const std::string& type);

}  // namespace headroom::plan::bull
