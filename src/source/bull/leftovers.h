#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_set.h"
#include "base/result.h"
#include "model/bull_debris.h"
#include "model/bull_queue.h"
#include "wire/link.h"

/// Asks about keys and members of a queue that nothing seems to refer to. Idle times are asked for before
/// anything that would reset them.
namespace headroom::source::bull {

/// Hashes under the root of these ids, with what a rule needs to know of them, and whether one of the zsets
/// names them now. Ids whose key is no hash come back with `there` false.
Result<std::vector<BullCandidate>> candidates(wire::Link& link, const BullQueue& queue,
                                              std::span<const std::string> ids);
/// Marks those that a zset names, asking each zset about each id.
Result<bool> mark_named(wire::Link& link, const BullQueue& queue, std::span<const std::string_view> states,
                        std::span<BullCandidate> all);

/// Keys "ID:PART" where no job of that id was known; `part` indexes bull_job_parts.
Result<std::vector<BullSubKey>> sub_keys(wire::Link& link, const BullQueue& queue,
                                         std::span<const std::pair<std::string, std::size_t>> names);

/// Strings "de:...".
Result<std::vector<BullDeduplication>> deduplications(wire::Link& link, const BullQueue& queue,
                                                      std::span<const std::string> suffixes);

/// Members of a state for which `unseen(id)` is true and which have no hash, in pages.
Result<bool> danglers(wire::Link& link, const BullQueue& queue, std::string_view state,
                      const std::function<bool(std::string_view)>& unseen,
                      const std::function<Result<bool>(const BullDangler&)>& take);

/// `priority` and `delay`, as far as they are there. `listed`: ids of all jobs in lists.
Result<std::vector<BullLegacyKey>> legacy_keys(wire::Link& link, const BullQueue& queue,
                                               const HashSet& listed);

/// Keys of the queue itself that have a TTL which the library never gives: parts, schedulers, and, where
/// `jobs_too`, the hashes of jobs that are not finished and the lists of children of waiting parents. With
/// their types.
Result<std::vector<std::pair<std::string, std::string>>> keys_with_ttl(wire::Link& link,
                                                                       const BullQueue& queue, bool jobs_too);

}  // namespace headroom::source::bull
