#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

/// What planning needs to know of queues of Bull and BullMQ. Facts: the packages' own Lua scripts.
namespace headroom {

struct BullQueue {
  std::string root{};  ///< exact bytes: "bull:mail"
  std::uint32_t db = 0;
  std::string family{};  ///< "bull" or "bullmq"

  bool is_bullmq() const { return family == "bullmq"; }
  /// The key of a part, or of a job: "bull:mail:wait".
  std::string key(std::string_view part) const { return root + ":" + std::string(part); }
};

/// The keys that a queue has one each, behind its root and a ':', by their type. None is ever removed while
/// the queue lives, none has a TTL of its own but for `limiter` and `stalled-check`, and none can be a job.
struct BullQueuePart {
  std::string_view suffix{};
  std::string_view type{};
  bool may_expire = false;  ///< the library itself gives it a TTL
};
inline constexpr std::array<BullQueuePart, 25> bull_queue_parts = {{{"id", "string"},
                                                                    {"meta", "hash"},
                                                                    {"wait", "list"},
                                                                    {"paused", "list"},
                                                                    {"active", "list"},
                                                                    {"prioritized", "zset"},
                                                                    {"pc", "string"},
                                                                    {"priority", "zset"},
                                                                    {"delayed", "zset"},
                                                                    {"waiting-children", "zset"},
                                                                    {"completed", "zset"},
                                                                    {"failed", "zset"},
                                                                    {"marker", "zset"},
                                                                    {"stalled", "set"},
                                                                    {"stalled-check", "string", true},
                                                                    {"limiter", "string", true},
                                                                    {"limiter:index", "hash", true},
                                                                    {"events", "stream"},
                                                                    {"delay", "stream"},
                                                                    {"repeat", "zset"},
                                                                    {"meta-paused", "string"},
                                                                    {"metrics:completed", "hash"},
                                                                    {"metrics:failed", "hash"},
                                                                    {"metrics:completed:data", "list"},
                                                                    {"metrics:failed:data", "list"}}};
constexpr const BullQueuePart* bull_queue_part(std::string_view suffix) {
  for (const auto& part : bull_queue_parts)
    if (part.suffix == suffix) return &part;
  return nullptr;
}

/// Keys that belong to a job, behind its own name and a ':'. Bull knows the first alone. A key of such a name
/// and another type, or a hash with the field "timestamp", is something else: a job with that id.
struct BullJobPart {
  std::string_view suffix{};
  std::string_view type{};
};
inline constexpr std::array<BullJobPart, 5> bull_job_parts = {{{"logs", "list"},
                                                               {"dependencies", "set"},
                                                               {"processed", "hash"},
                                                               {"failed", "hash"},
                                                               {"unsuccessful", "zset"}}};
/// A set of them, a bit each.
using BullJobParts = std::uint8_t;

/// A member of `completed` or `failed` as it was found.
struct BullFinishedJob {
  std::string id{};
  double score = 0;                        ///< when it finished, ms since the epoch by its worker's clock
  bool there = false;                      ///< it has a hash
  std::optional<std::string> timestamp{};  ///< when it was added, by its producer's clock
  std::string parent{};                    ///< the key of the job that it is a child of
  bool awaited = false;                    ///< `parent` exists and waits for it
  std::string sibling{};                   ///< another child that `parent` waits for
  std::string
      deduplication{};     ///< the key without a TTL that names this job, and keeps its like from being added
  BullJobParts parts = 0;  ///< that exist
  Bytes bytes{};           ///< of its hash and parts: measured, or the mean of those that were
};

}  // namespace headroom
