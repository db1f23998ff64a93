#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kit/redis_server.h"

namespace headroom::test {

/// What redis-cli prints for one command, without the last line end. An error of the server is printed too.
inline std::string redis_cli(const RedisServer& server, std::vector<std::string> words, int db = 0) {
  words.insert(words.begin(), {"redis-cli", "-s", server.socket_path(), "-n", std::to_string(db)});
  auto finished = run(words);
  if (finished.status != 0) throw std::runtime_error("redis-cli: " + finished.err);
  while (finished.out.ends_with('\n')) finished.out.pop_back();
  return std::move(finished.out);
}

/// Makes `count` strings "PREFIX:1", "PREFIX:2", ...
inline void fill(const RedisServer& server, const std::string& prefix, int count, int db = 0) {
  redis_cli(server,
            {"EVAL", "for i = 1, ARGV[2] do redis.call('SET', ARGV[1] .. ':' .. i, i) end", "0", prefix,
             std::to_string(count)},
            db);
}

}  // namespace headroom::test
