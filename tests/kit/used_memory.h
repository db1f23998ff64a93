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
/// moved every entry over, and what a client held is given back a moment after it left. Without what scripts
/// left behind, which Redis 8 counts in it.
inline std::uint64_t used_memory_at_rest(const RedisServer& server) {
  redis_cli(server, {"SCRIPT", "FLUSH", "SYNC"});
  std::uint64_t before = 0;
  for (int tries = 0; tries < 50; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(250));
    const auto info = "\n" + redis_cli(server, {"INFO", "memory"});
    const auto number = [&](const std::string& name) -> std::uint64_t {
      const auto at = info.find("\n" + name + ":");
      return at == std::string::npos ? 0 : std::stoull(info.substr(at + name.size() + 2));
    };
    const auto now = number("used_memory");
    if (now == before && number("mem_overhead_db_hashtable_rehashing") == 0) break;
    before = now;
  }
  return before;
}

}  // namespace headroom::test
