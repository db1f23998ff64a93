#include "family/bull_shapes.h"
#include "family/family.h"

namespace headroom::family {
namespace {

std::vector<KeyShape> own_shapes() {
  return {
      {.shape = "{root}:meta-paused",
       .types = KeyType::string,
       .role = "control",
       .why = "while it exists the queue is paused",
       .tell = 3},
      // Seen from 4.16: pause() writes it beside `meta-paused`.
      {.shape = "{root}:meta",
       .types = KeyType::hash,
       .role = "control",
       .why = "says that the queue is paused, for BullMQ's tools",
       .tell = 1},
      {.shape = "{root}:priority",
       .types = KeyType::zset,
       .role = "priority index",
       .why = "orders the waiting jobs that have a priority",
       .tell = 1},
      {.shape = "{root}:limiter:index",
       .types = KeyType::hash,
       .role = "limiter",
       .why = "jobs held back by a rate limit, by group",
       .tell = 3},
      {.shape = "{root}:limiter:{any}:limited",
       .types = KeyType::set,
       .role = "limiter",
       .why = "jobs of one group that a rate limit holds back",
       .tell = 2},
      {.shape = "{root}:limiter:{any}",
       .types = KeyType::string,
       .role = "limiter",
       .why = "jobs of one group started in this period; expires with it",
       .tell = 1},
  };
}

// In the order in which getJobCounts() names them.
std::vector<QueueFact> states() {
  return {
      {.name = "waiting", .key = "{root}:wait"},
      {.name = "active", .key = "{root}:active"},
      {.name = "completed", .key = "{root}:completed"},
      {.name = "failed", .key = "{root}:failed"},
      {.name = "delayed", .key = "{root}:delayed"},
      {.name = "paused", .key = "{root}:paused"},
      {.part = QueuePart::flag, .name = "paused", .key = "{root}:meta-paused", .ask = Ask::exists},
  };
}

void describe(std::span<const Answer>, std::chrono::milliseconds now, QueueState& state) {
  describe_bull_retention(now, state);
}

}  // namespace

Family bull() {
  return {
      .name = "bull",
      .title = "Bull 3-4",
      .shapes = joined({own_shapes(), bull_state_shapes(), bull_job_shapes()}),
      .versions = {{"{root}:metrics:completed", "4 or later"},
                   {"{root}:metrics:failed", "4 or later"},
                   {"{root}:meta", "4 or later"}},
      .rivals = {"bullmq", "bullmq_pro"},
      .closed_world = true,
      .examples = {{"bull:mail:id", KeyType::string, "counter"},
                   {"bull:mail:wait", KeyType::list, "waiting"},
                   {"bull:mail:completed", KeyType::zset, "completed"},
                   {"bull:mail:priority", KeyType::zset, "priority index"},
                   {"bull:mail:meta-paused", KeyType::string, "control"},
                   {"bull:mail:meta", KeyType::hash, "control"},
                   {"bull:mail:stalled-check", KeyType::string, "lock"},
                   {"bull:mail:limiter:index", KeyType::hash, "limiter"},
                   {"bull:mail:limiter:ann", KeyType::string, "limiter"},
                   {"bull:mail:limiter:ann:limited", KeyType::set, "limiter"},
                   {"bull:mail:metrics:failed:data", KeyType::list, "metrics"},
                   {"bull:mail:de:customer:61", KeyType::string, "deduplication"},
                   {"bull:mail:17", KeyType::hash, "job"},
                   {"bull:mail:repeat:7e9e05e47cdf4ec5984ffa0dcb82e0bf:1795237200000", KeyType::hash, "job"},
                   {"bull:mail:a:b:c:d:failed", KeyType::hash, "job"},
                   {"bull:mail:user:42:logs", KeyType::hash, "job"},
                   {"bull:mail:user:43:logs", KeyType::list, "log"},
                   {"bull:mail:17:lock", KeyType::string, "lock"},
                   {"bull:mail:eu:id", KeyType::string, "counter"},
                   {"bull:mail:eu:active", KeyType::list, "active"},
                   {"bull:mail:eu:delayed", KeyType::zset, "delayed"},
                   {"bull:mail:eu:1", KeyType::hash, "job"}},
      .queue_facts = joined({states(), bull_queue_facts()}),
      .describe = describe,
  };
}

}  // namespace headroom::family
