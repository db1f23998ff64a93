#include "family/family.h"

namespace headroom::family {
namespace {

// RedisIndexedSessionRepository, ReactiveRedisIndexedSessionRepository, RedisSessionRepository,
// SortedSetRedisSessionExpirationStore. {root} is the namespace, "spring:session" by default.
constexpr std::string_view session_why = "a user's session; without it the user is logged out";
constexpr std::string_view session_debris_why =
    "a session has a TTL unless its timeout is negative; one without stays for ever";

constexpr KeyShape shapes[] = {
    // Applications that keep no index have nothing but these hashes, which only the default namespace tells
    // from others.
    {.shape = "spring:session:sessions:{any}",
     .types = KeyType::hash,
     .role = "session",
     .why = session_why,
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "session-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = session_debris_why},
    {.shape = "{root}:sessions:expires:{any}",
     .types = KeyType::string,
     .role = "expiry marker",
     .why =
         "ends with the session and so tells the application; the session's data lives five minutes longer",
     .tell = 3,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "session-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why =
         "it ends a session by expiring; without a TTL it never does (a negative timeout asks for that)"},
    {.shape = "{root}:sessions:expirations",
     .types = KeyType::zset,
     .role = "expirations",
     .why = "sessions by the time they end; by it those are cleaned up whose end nobody noticed",
     .tell = 4},
    {.shape = "{root}:sessions:index:{any}",
     .types = KeyType::set,
     .role = "index",
     .care = Care::debris_if_proved,
     .why = "the sessions of one user (reactive)",
     .tell = 3,
     .debris_when = DebrisWhen::idle,
     .debris = "stale-index",
     .certainty = Certainty::suspected,
     .debris_why =
         "no session of this user has begun or ended for 90 days; the index never expires by itself",
     .idle_minutes = 90 * 24 * 60},
    {.shape = "{root}:sessions:{any}:idx",
     .types = KeyType::set,
     .role = "index",
     .why = "the indexes a session is in, so that it can be taken out of them (reactive)",
     .tell = 3},
    {.shape = "{root}:sessions:{any}",
     .types = KeyType::hash,
     .role = "session",
     .why = session_why,
     .tell = 1,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "session-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = session_debris_why},
    {.shape = "{root}:expirations:{n}",
     .types = KeyType::set,
     .role = "expirations",
     .care = Care::debris_if_proved,
     .why = "the sessions that end in one minute (the number is its time in ms); the first set of a minute "
            "gets no TTL",
     .tell = 3,
     .debris_when = DebrisWhen::idle,
     .debris = "past-expirations",
     .certainty = Certainty::suspected,
     .debris_why = "its minute is long past when nobody has touched it for 30 days and sessions live shorter "
                   "(spring-session#3477)",
     .idle_minutes = 30 * 24 * 60},
    {.shape = "{root}:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_"
              "INDEX_NAME:{any}",
     .types = KeyType::set,
     .role = "index",
     .care = Care::debris_if_proved,
     .why = "the sessions of one user",
     .tell = 4,
     .debris_when = DebrisWhen::idle,
     .debris = "stale-index",
     .certainty = Certainty::suspected,
     .debris_why =
         "no session of this user has begun or ended for 90 days; the index never expires by itself",
     .idle_minutes = 90 * 24 * 60},
    {.shape = "{root}:index:{any}",
     .types = KeyType::set,
     .role = "index",
     .why = "sessions by an attribute the application chose"},
};

}  // namespace

Family spring_session() {
  return {
      .name = "spring_session",
      .title = "Spring Session",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"spring:session:sessions:33fdd1b6-b496-4b33-9f7d-df96679d32fe", KeyType::hash, "session"},
                   {"spring:session:sessions:expires:33fdd1b6-b496-4b33-9f7d-df96679d32fe", KeyType::string,
                    "expiry marker"},
                   {"spring:session:expirations:1439245080000", KeyType::set, "expirations"},
                   {"spring:session:sessions:expirations", KeyType::zset, "expirations"},
                   {"spring:session:sessions:index:PRINCIPAL_NAME_INDEX_NAME:ann", KeyType::set, "index"},
                   {"spring:session:sessions:33fdd1b6-b496-4b33-9f7d-df96679d32fe:idx", KeyType::set,
                    "index"},
                   {"spring:session:index:org.springframework.session.FindByIndexNameSessionRepository."
                    "PRINCIPAL_NAME_INDEX_NAME:ann",
                    KeyType::set, "index"},
                   {"shop:expirations:1439245080000", KeyType::set, "expirations"},
                   {"shop:sessions:expires:5f0c", KeyType::string, "expiry marker"}},
  };
}

}  // namespace headroom::family
