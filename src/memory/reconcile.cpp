#include "memory/reconcile.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace headroom::memory {
namespace {

constexpr std::uint64_t slot = 8;    // a pointer
constexpr std::uint64_t entry = 24;  // dictEntry of Redis up to 8.0
constexpr std::uint64_t smallest_table = 4;

std::uint64_t table_bytes(std::uint64_t entries) {
  return entries == 0 ? 0 : slot * std::bit_ceil(std::max(entries, smallest_table));
}

/// What jemalloc gives for a dictEntry: with a quantum of 16 there is no class of 24 bytes.
std::uint64_t allocated_entry(std::uint64_t quantum) { return quantum == 16 ? 32 : entry; }

struct Tables {
  std::uint64_t main = 0, expires = 0, rounding = 0;
};

Tables tables_of(const ServerFacts& server) {
  Tables sum;
  const auto cost = allocated_entry(server.quantum);
  for (const auto& db : server.keyspace) {
    sum.main += table_bytes(db.keys);
    sum.expires += table_bytes(db.expires) + db.expires * cost;
    sum.rounding += db.keys * (cost - entry);
  }
  return sum;
}

class Lines {
 public:
  void add(std::string_view name, std::uint64_t bytes, std::string_view explanation) {
    lines_.push_back({name, static_cast<std::int64_t>(bytes), explanation});
  }
  void add(std::string_view name, const std::optional<Bytes>& bytes, std::string_view explanation) {
    if (bytes && bytes->count > 0) add(name, bytes->count, explanation);
  }
  std::vector<ReconciliationLine> finish(Bytes used) && {
    auto rest = static_cast<std::int64_t>(used.count);
    for (const auto& line : lines_) rest -= line.bytes;
    lines_.push_back({"not explained", rest,
                      "what the lines above do not cover: rounding inside values, tables that are growing; "
                      "negative where MEMORY USAGE "
                      "overstates (streams)"});
    return std::move(lines_);
  }

 private:
  std::vector<ReconciliationLine> lines_;
};

}  // namespace

std::vector<ReconciliationLine> reconcile(const ServerFacts& server, const Estimate& keys) {
  if (!server.used_memory) return {};
  const auto tables = tables_of(server);
  Lines lines;
  lines.add("keys and values", static_cast<std::uint64_t>(std::llround(keys.value)),
            "sum of MEMORY USAGE over all keys");
  lines.add("main tables", tables.main, "the slots of the table that finds keys by name, 8 bytes each");
  lines.add("expires tables", tables.expires, "one entry and its slot for every key with a TTL");
  if (tables.rounding > 0)
    lines.add("allocator rounding", tables.rounding,
              "8 bytes a key: this server's allocator rounds a table entry of 24 bytes up to 32");
  lines.add("client buffers", server.clients_normal, "what connections hold for commands and replies");
  lines.add("replica buffers", server.clients_replica, "replies waiting to be sent to replicas");
  lines.add("replication backlog", server.replication_backlog,
            "repl-backlog-size, once a replica has connected");
  lines.add("AOF buffer", server.aof_buffer, "writes waiting for the append-only file");
  lines.add("scripts", server.scripts, "cached Lua scripts");
  lines.add("functions", server.functions, "loaded function libraries");
  lines.add("cluster links", server.cluster_links, "connections to the other nodes");
  lines.add("server at start", server.startup, "what an empty server of this version uses");
  return std::move(lines).finish(*server.used_memory);
}

}  // namespace headroom::memory
