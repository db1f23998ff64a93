#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace headroom {

struct Keyspace {
  std::uint32_t db = 0;
  std::uint64_t keys = 0;
  std::uint64_t expires = 0;
};

/// What the server says of itself, gathered without touching a key. A number that the server did not give is
/// empty.
struct ServerFacts {
  std::string target{};           ///< the address, password taken out
  std::string version{};          ///< "7.0.15"
  std::string flavour = "redis";  ///< redis, valkey, keydb, dragonfly
  std::string run_id{};
  std::string role{};  ///< master, replica
  std::string allocator{};
  std::uint64_t quantum = 0;  ///< of the allocator (MEMORY MALLOC-STATS); 0 unknown
  std::string maxmemory_policy{};
  std::optional<Bytes> used_memory{}, used_memory_rss{}, used_memory_peak{}, maxmemory{};
  std::optional<Bytes> startup{}, dataset{}, overhead{}, scripts{}, clients_normal{}, clients_replica{},
      replication_backlog{}, aof_buffer{}, cluster_links{}, functions{};
  std::optional<double> fragmentation{};
  std::optional<std::uint64_t> evicted_keys{}, expired_keys{}, connected_clients{};
  std::chrono::milliseconds
      server_time{};  ///< since the epoch, by the server's clock (TIME): ages use this and never ours
  std::vector<Keyspace> keyspace{};
  std::vector<std::string>
      missing{};  ///< what could not be asked, in words: "CONFIG is renamed or forbidden: ..."
};

}  // namespace headroom
