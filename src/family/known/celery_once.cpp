#include "family/family.h"

namespace headroom::family {
namespace {

// celery_once/helpers.py queue_once_key: "qo_", the task's dotted name, its arguments. The dot is asked for
// because "qo_" alone is too short to be somebody's name. celery_singleton/util.py generate_lock: a prefix
// and an MD5. Both speak for themselves.
constexpr KeyShape shapes[] = {
    {.shape = "qo_{any}.{any}",
     .types = KeyType::string,
     .role = "lock",
     .care = Care::debris_if_proved,
     .why = "keeps a task from being queued twice (celery-once); removed when the task ends, or after an "
            "hour unless set otherwise",
     .debris_when = DebrisWhen::without_ttl,
     .debris = "lock-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why =
         "celery-once sets a TTL on each lock; without one a task that was killed can never be queued again"},
    // No TTL is celery-singleton's default, so only time makes a lock suspicious.
    {.shape = "SINGLETONLOCK_{hex}",
     .types = KeyType::string,
     .role = "lock",
     .care = Care::debris_if_proved,
     .why = "keeps a task from being queued twice (celery-singleton); removed when the task ends",
     .debris_when = DebrisWhen::idle,
     .debris = "stale-lock",
     .certainty = Certainty::suspected,
     .debris_why =
         "nobody has touched the lock for a day: its task was probably killed and can never be queued again",
     .idle_minutes = 24 * 60},
};

}  // namespace

Family celery_once() {
  return {
      .name = "celery_once",
      .title = "celery-once, celery-singleton",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"qo_shop.tasks.mail_customer-7", KeyType::string, "lock"},
                   {"qo_shop.tasks.nightly", KeyType::string, "lock"},
                   {"SINGLETONLOCK_9e107d9d372bb6826bd81d3542a419d6", KeyType::string, "lock"}},
  };
}

}  // namespace headroom::family
