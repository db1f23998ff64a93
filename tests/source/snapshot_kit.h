#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "source/replica_snapshot.h"

/// Real servers with data, and what a snapshot of one is worth: what redis-check-rdb and a second server say.
namespace headroom::source::test {

using headroom::test::redis_cli;
using headroom::test::RedisServer;
using Arguments = std::vector<std::string>;

inline std::unique_ptr<RedisServer> server_with(Arguments arguments = {}) {
  arguments.insert(arguments.begin(), {"--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0",
                                       "--bind", "127.0.0.1"});
  return std::make_unique<RedisServer>(std::move(arguments));
}

/// Strings that do not compress (100 bytes each), a tenth with a TTL, and one key of each other type.
inline void load(const RedisServer& server, int count) {
  redis_cli(server, {"EVAL", R"(
for i = 1, ARGV[1] do
  redis.call('SET', 'key:' .. i, redis.sha1hex(i) .. redis.sha1hex(-i) .. redis.sha1hex(i + 0.5):sub(1, 20))
  if i % 10 == 0 then redis.call('PEXPIREAT', 'key:' .. i, 4102444800000) end
end
redis.call('RPUSH', 'list', 'a', 'b')
redis.call('SADD', 'set', '1', '2', 'x')
redis.call('ZADD', 'zset', 1, 'a', 2.5, 'b')
redis.call('HSET', 'hash', 'field', 'value')
redis.call('XADD', 'stream', '1-1', 'field', 'value'))",
                     "0", std::to_string(count)});
}

inline wire::Endpoint endpoint_of(const RedisServer& server) {
  return wire::parse_endpoint(server.url()).value();
}

inline std::string info(const RedisServer& server, const std::string& field) {
  const auto text = "\n" + redis_cli(server, {"INFO", "everything"});
  const auto at = text.find("\n" + field + ":");
  if (at == std::string::npos) return "absent";
  const auto begin = at + field.size() + 2;
  return text.substr(begin, text.find('\r', begin) - begin);
}

/// False when `field` has not become `value` within ten seconds.
inline bool becomes(const RedisServer& server, const std::string& field, const std::string& value) {
  for (int i = 0; i < 1000 && info(server, field) != value; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return info(server, field) == value;
}

/// The server is as it was before we came.
inline void expect_left(const RedisServer& server) {
  EXPECT_TRUE(becomes(server, "connected_slaves", "0"));
  EXPECT_TRUE(becomes(server, "rdb_bgsave_in_progress", "0"));
  EXPECT_EQ(info(server, "loading"), "0");
  EXPECT_EQ(info(server, "rdb_last_bgsave_status"), "ok");
  EXPECT_EQ(redis_cli(server, {"PING"}), "PONG");
}

struct Taken {
  std::string bytes{};
  std::optional<Error> error{};
};

inline Taken take_all(rdb::Input& input, std::size_t room = 65'536) {
  Taken taken;
  std::string part(room, '\0');
  while (true) {
    const auto got = input.read(part);
    if (!got) {
      taken.error = got.error();
      return taken;
    }
    if (*got == 0) return taken;
    taken.bytes.append(part, 0, *got);
  }
}

/// redis-check-rdb accepts the bytes, and a server that loads them has the same data as `original`.
inline void expect_true_copy(const std::string& bytes, const RedisServer& original) {
  const RedisServer copy({"--enable-debug-command", "yes"});
  const auto file = copy.folder() + "/dump.rdb";
  std::ofstream(file, std::ios::binary) << bytes;
  const auto checked = headroom::test::run({"redis-check-rdb", file});
  EXPECT_EQ(checked.status, 0) << checked.out;
  EXPECT_EQ(redis_cli(copy, {"DEBUG", "RELOAD", "NOSAVE"}), "OK");
  EXPECT_EQ(redis_cli(copy, {"DBSIZE"}), redis_cli(original, {"DBSIZE"}));
  EXPECT_EQ(redis_cli(copy, {"DEBUG", "DIGEST"}), redis_cli(original, {"DEBUG", "DIGEST"}));
}

}  // namespace headroom::source::test
