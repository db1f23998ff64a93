#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kit/redis_server.h"

/// Whole keys, as a client reads them from a server and as `headroom rdb json` prints them, in one form that
/// can be compared.
namespace headroom::test {

struct StoredValue {
  std::string type{};
  std::int64_t expires_at_ms = -1;  ///< since the epoch; -1: never
  /// The parts of the value in words, names and values in hex; in order for lists and streams, sorted for the
  /// rest.
  std::vector<std::string> items{};

  // Of the server only, and not compared.
  std::string encoding{};
  std::uint64_t bytes = 0;     ///< MEMORY USAGE SAMPLES 0
  std::uint64_t elements = 0;  ///< STRLEN does not count: a string has one

  friend bool operator==(const StoredValue& a, const StoredValue& b) {
    return a.type == b.type && a.expires_at_ms == b.expires_at_ms && a.items == b.items;
  }
};

using StoredValues = std::map<std::string, StoredValue>;  // by exact name

/// Every key of a database, asked for by a client.
StoredValues values_of_server(const RedisServer& server, int db);
/// Every key of a database in the lines of `headroom rdb json`. Fails the test at what it cannot read.
StoredValues values_of_json(const std::string& lines, int db);

std::string from_base64(const std::string& text);

/// Fills a server with every type and encoding, with sizes around each threshold, in databases 0, 1 and 9;
/// where the server has them, with hashes whose fields have a TTL of their own.
void fill_with_every_shape(const RedisServer& server);

}  // namespace headroom::test
