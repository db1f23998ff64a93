#include "family/family.h"

namespace headroom::family {
namespace {

// redbeat/schedulers.py. The prefix is "redbeat:" and RedBeat puts ":schedule" behind it, hence the two
// colons. A prefix of one's own is recognised when it ends in ':' too; one without makes names
// ("app:schedule") that anybody might have written.
constexpr KeyShape shapes[] = {
    {.shape = "{root}::schedule",
     .types = KeyType::zset,
     .role = "schedule",
     .why = "when each entry is due; without it beat sends nothing",
     .tell = 4},
    {.shape = "{root}::statics",
     .types = KeyType::set,
     .role = "schedule",
     .why = "entries that come from the settings; RedBeat removes those that are no longer there by it",
     .tell = 4},
    {.shape = "{root}::lock",
     .types = KeyType::string,
     .role = "lock",
     .why = "which beat is in charge; renewed at every tick, so its TTL tells when beat last lived",
     .tell = 2,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "lock-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = "RedBeat sets a TTL on it; without one no other beat can ever start"},
    {.shape = "{root}:{any}",
     .types = KeyType::hash,
     .role = "entry",
     .why = "a periodic task and when it last ran; deleted, it no longer runs"},
};

}  // namespace

Family redbeat() {
  return {
      .name = "redbeat",
      .title = "RedBeat (Celery beat)",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"redbeat::schedule", KeyType::zset, "schedule"},
                   {"redbeat::statics", KeyType::set, "schedule"},
                   {"redbeat::lock", KeyType::string, "lock"},
                   {"redbeat:cleanup_celery_results", KeyType::hash, "entry"},
                   {"shop:beat::schedule", KeyType::zset, "schedule"},
                   {"shop:beat::lock", KeyType::string, "lock"},
                   {"shop:beat:mail:every-minute", KeyType::hash, "entry"}},
  };
}

}  // namespace headroom::family
