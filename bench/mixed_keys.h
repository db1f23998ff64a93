#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace headroom::bench {

/// What to make. The same values give the same keys and values on every machine.
struct MixedKeys {
  std::uint64_t keys = 200'000;  ///< in all, at least 1000
  std::uint64_t seed = 1;
  double value_size = 1;  ///< factor on the length of values and on the number of elements
  double giants = 1;      ///< factor on the giants; 0 leaves them out. At 5 M keys and factor 1: hash of 600k
                          ///< fields, string of 50 MB
};

/// What was made.
struct Made {
  std::map<std::string, std::uint64_t> keys{};  ///< by kind: "celery result, TTL"
  std::uint64_t commands = 0;
  double seconds = 0;
};

/// Fills db 0 of the server on `socket_path` with a mix as production servers hold it (shared/reference, data
/// set A): 60 % Celery results, 25 % jobs of eight BullMQ and two Bull queues with their infrastructure, 10 %
/// cache and sessions, 5 % other lists, sets, sorted sets, streams, hashes and counters with heavy-tailed
/// sizes, six of them giants that grow with `keys`. Every job hash is in exactly one state of its queue, and
/// every id in a state has its hash. No TTL is below twelve hours. Needs: an empty db. Throws
/// std::runtime_error when the server refuses a command or ends up with another number of keys.
Made fill(const std::string& socket_path, const MixedKeys& wanted);

}  // namespace headroom::bench
