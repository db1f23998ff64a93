#include "family/family.h"

namespace headroom::family {
namespace {

// brokers/redis/dispatch.lua and results/backends/redis.py. {root} is the broker's namespace, "dramatiq" by
// default. A queue name holds no ':' (Dramatiq refuses it), so {id} fits. Not known here: results, which by
// default lie in lists named by the MD5 of queue, actor and message: 32 hex digits alone say nothing about
// who wrote them.
constexpr KeyShape shapes[] = {
    {.shape = "dramatiq-results:{any}",
     .types = KeyType::list,
     .role = "result",
     .care = Care::finished,
     .why = "a result nobody has fetched yet, under its readable name; expires after ten minutes",
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "result-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = "Dramatiq sets a TTL on every result it stores"},
    {.shape = "{root}:__heartbeats__",
     .types = KeyType::zset,
     .role = "workers",
     .why = "last sign of life of every worker; by it the others see who died and take its messages back",
     .tell = 4},
    {.shape = "{root}:__acks__.{any}",
     .types = KeyType::set,
     .role = "in progress",
     .why = "messages in a worker's hands; when it dies the others queue them again from here",
     .tell = 4},
    {.shape = "{root}:{id}.XQ.msgs",
     .types = KeyType::hash,
     .role = "dead letters",
     .care = Care::finished,
     .why = "messages that failed for good; workers drop them after seven days",
     .tell = 2},
    {.shape = "{root}:{id}.XQ",
     .types = KeyType::zset,
     .role = "dead letters",
     .care = Care::finished,
     .why = "ids of messages that failed for good; workers drop them after seven days",
     .tell = 2},
    {.shape = "{root}:{id}.DQ.msgs",
     .types = KeyType::hash,
     .role = "delayed",
     .why = "messages for later",
     .tell = 2},
    {.shape = "{root}:{id}.DQ",
     .types = KeyType::list,
     .role = "delayed",
     .why = "ids of messages for later",
     .tell = 2},
    {.shape = "{root}:{id}.acks",
     .types = KeyType::zset,
     .role = "in progress",
     .why = "messages in a worker's hands, as older versions wrote them; workers still take them back",
     .tell = 1},
    {.shape = "{root}:{id}.msgs",
     .types = KeyType::hash,
     .role = "messages",
     .why = "the messages that wait or are being worked on",
     .tell = 2},
    {.shape = "{root}:{id}",
     .types = KeyType::list,
     .role = "waiting",
     .why = "ids of messages that wait for a worker"},
};

}  // namespace

Family dramatiq() {
  return {
      .name = "dramatiq",
      .title = "Dramatiq",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"dramatiq:__heartbeats__", KeyType::zset, "workers"},
                   {"dramatiq:__acks__.worker-dead.default", KeyType::set, "in progress"},
                   {"dramatiq:default", KeyType::list, "waiting"},
                   {"dramatiq:default.msgs", KeyType::hash, "messages"},
                   {"dramatiq:default.DQ", KeyType::list, "delayed"},
                   {"dramatiq:default.DQ.msgs", KeyType::hash, "delayed"},
                   {"dramatiq:default.XQ", KeyType::zset, "dead letters"},
                   {"dramatiq:default.XQ.msgs", KeyType::hash, "dead letters"},
                   {"shop:mail:__heartbeats__", KeyType::zset, "workers"},
                   {"shop:mail:default.XQ.msgs", KeyType::hash, "dead letters"},
                   {"dramatiq-results:default:charge:4f1c", KeyType::list, "result"}},
      .queue_facts = {{QueuePart::state, "waiting", "{root}:{queue}"},
                      {QueuePart::state, "delayed", "{root}:{queue}.DQ"},
                      {QueuePart::state, "dead letters", "{root}:{queue}.XQ"},
                      {QueuePart::heartbeat, "", "{root}:__heartbeats__", Ask::last_score}},
      .name_keys = {"{root}:{id}.msgs", "{root}:{id}.DQ.msgs", "{root}:{id}.XQ.msgs"},
  };
}

}  // namespace headroom::family
