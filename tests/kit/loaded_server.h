#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kit/redis_server.h"

/// Servers that hold what the real libraries left behind: tests/dumps (made by
/// tests/live/producers/make_dumps.sh).
namespace headroom::test {

/// A private server with the content of tests/dumps/NAME.rdb.
std::unique_ptr<RedisServer> loaded_server(std::string_view name);

/// The report beside a dump, NAME.ndjson: one JSON document per library.
std::vector<std::string> dump_reports(std::string_view name);

/// One command, binary safe in both directions; the reply as redis-cli --json prints it. Throws when
/// redis-cli fails.
std::string ask_json(const RedisServer& server, std::uint32_t db, const std::vector<std::string>& command);

struct FoundKey {
  std::string name{};
  std::string type{};  ///< as TYPE says it
  bool has_ttl = false;
  std::uint64_t bytes = 0;  ///< MEMORY USAGE SAMPLES 0
};
/// Every key of a database, in order of name: one Lua script, for small servers.
std::vector<FoundKey> all_keys(const RedisServer& server, std::uint32_t db);

}  // namespace headroom::test
