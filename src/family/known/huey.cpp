#include "family/family.h"

namespace headroom::family {
namespace {

// huey/storage.py. The name of the instance stands at the end, the beginnings are fixed: they speak for
// themselves.
constexpr KeyShape shapes[] = {
    {.shape = "huey.redis.{any}",
     .types = Types(KeyType::list) | KeyType::zset,
     .role = "waiting",
     .why = "tasks that wait for a worker (a zset with PriorityRedisHuey)",
     .tell = 4},
    {.shape = "huey.schedule.{any}",
     .types = KeyType::zset,
     .role = "scheduled",
     .why = "tasks for later",
     .tell = 4},
    // The only huge key Huey makes, and the one that must not be removed whole: 2.5 million unread results
    // filled 100 MB (gip-inclusion/les-emplois#732), but locks, revoked tasks and pending group members lie
    // between them.
    {.shape = "huey.results.{any}",
     .types = KeyType::hash,
     .role = "result",
     .why = "results nobody has read, and also locks and revoked tasks: remove fields, never the key. "
            "Results that are never "
            "read stay for ever; store none with results=False, or use RedisExpireHuey",
     .tell = 4},
    {.shape = "huey.counters.{any}",
     .types = KeyType::hash,
     .role = "counter",
     .why = "counters Huey works with",
     .tell = 4},
    {.shape = "huey.notify.{any}",
     .types = KeyType::list,
     .role = "result",
     .care = Care::finished,
     .why = "wakes up whoever waits for a result; expires after a day",
     .debris_when = DebrisWhen::without_ttl,
     .debris = "notification-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = "Huey sets a day on each"},
    // No debris rule for a missing TTL: RedisExpireHuey keeps its locks and revoked tasks under the same
    // names, without one.
    {.shape = "huey.r.{any}",
     .types = KeyType::string,
     .role = "result",
     .why =
         "a result that expires after a day, or, without a TTL, a lock or a revoked task (RedisExpireHuey)",
     .tell = 4},
    {.shape = "huey.c.{any}",
     .types = KeyType::string,
     .role = "counter",
     .why = "a counter Huey works with (RedisExpireHuey)"},
    {.shape = "huey.errors.{any}",
     .types = KeyType::list,
     .role = "failed",
     .care = Care::finished,
     .why = "errors kept by Huey 1, at most 1000; Huey 2 neither writes nor reads them",
     .tell = 4},
};

}  // namespace

Family huey() {
  return {
      .name = "huey",
      .title = "Huey 1-2",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .versions = {{"huey.errors.{any}", "1"}},
      .examples = {{"huey.redis.shop", KeyType::list, "waiting"},
                   {"huey.redis.shop", KeyType::zset, "waiting"},
                   {"huey.schedule.shop", KeyType::zset, "scheduled"},
                   {"huey.results.shop", KeyType::hash, "result"},
                   {"huey.counters.shop", KeyType::hash, "counter"},
                   {"huey.notify.shop.4f1c", KeyType::list, "result"},
                   {"huey.r.shop.expiring-result", KeyType::string, "result"},
                   {"huey.errors.shop", KeyType::list, "failed"}},
      .queue_facts = {{QueuePart::state, "pending", "huey.redis.{queue}"},
                      {QueuePart::state, "scheduled", "huey.schedule.{queue}"},
                      {QueuePart::state, "results", "huey.results.{queue}"}},
      .name_keys = {"huey.redis.{any}", "huey.schedule.{any}", "huey.results.{any}"},
  };
}

}  // namespace headroom::family
