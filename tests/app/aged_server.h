#pragma once

#include <string>

#include "kit/redis_cli.h"

namespace headroom::test {

/// Makes every key of database 0 look as if nobody had used it for so long: what a server that has been
/// running tells, and one that has just been loaded does not.
inline void age_keys(const RedisServer& server, int seconds = 3600) {
  redis_cli(server, {"EVAL",
                     "for _, key in ipairs(redis.call('KEYS', '*')) do local ttl = redis.call('PTTL', key) "
                     "redis.call('RESTORE', key, ttl > 0 and ttl or 0, redis.call('DUMP', key), 'REPLACE', "
                     "'IDLETIME', ARGV[1]) end",
                     "0", std::to_string(seconds)});
}

}  // namespace headroom::test
