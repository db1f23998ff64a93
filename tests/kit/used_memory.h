#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "kit/redis_cli.h"

namespace headroom::test {

inline std::uint64_t used_memory(const RedisServer& server) {
  const auto info = redis_cli(server, {"INFO", "memory"});
  return std::stoull(info.substr(info.find("used_memory:") + 12));
}

/// used_memory when it has stopped moving: a table that grew keeps its old half until the server's cron has
/// moved every entry over, and what a client held is given back a moment after it left.
inline std::uint64_t used_memory_at_rest(const RedisServer& server) {
  auto before = used_memory(server);
  for (int tries = 0; tries < 50; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    const auto now = used_memory(server);
    if (now == before) break;
    before = now;
  }
  return before;
}

}  // namespace headroom::test
