#include "memory/reconcile.h"

#include <cmath>

#include "memory/key_tables.h"

namespace headroom::memory {
namespace {

struct Around {
  std::uint64_t main = 0, expires = 0, rounding = 0;
};

Around around_keys(const ServerFacts& server, KeysHold hold) {
  const auto model = server_model(server, Held::live);
  const auto tables = key_tables(model, server.keyspace);
  Around sum{tables.main.count, tables.expires.count};
  if (hold == KeysHold::model) return sum;
  const auto entry = deadline_entry(model);
  const auto rounded_by = entry > 24 ? entry - 24 : 0;
  for (const auto& db : server.keyspace) {
    sum.expires += db.expires * entry;
    sum.rounding += db.keys * rounded_by;
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
  std::vector<ReconciliationLine> finish(Bytes used, std::string_view rest_explained) && {
    auto rest = static_cast<std::int64_t>(used.count);
    for (const auto& line : lines_) rest -= line.bytes;
    lines_.push_back({"not explained", rest, rest_explained});
    return std::move(lines_);
  }

 private:
  std::vector<ReconciliationLine> lines_;
};

}  // namespace

std::vector<ReconciliationLine> reconcile(const ServerFacts& server, const Estimate& keys, KeysHold hold) {
  if (!server.used_memory) return {};
  const bool model = hold == KeysHold::model;
  const auto tables = around_keys(server, hold);
  Lines lines;
  lines.add("keys and values", static_cast<std::uint64_t>(std::llround(keys.value)),
            model ? "the allocations of all keys, reckoned from their contents"
                  : "sum of MEMORY USAGE over all keys");
  lines.add("main tables", tables.main, "the slots of the table that finds keys by name, 8 bytes each");
  lines.add("expires tables", tables.expires,
            model ? "the slots of the table of keys with a TTL"
                  : "one entry and its slot for every key with a TTL");
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
  return std::move(lines).finish(
      *server.used_memory,
      model
          ? "what the lines above do not cover: tables that are growing, room at the end of strings, modules"
          : "what the lines above do not cover: rounding inside values, tables that are growing; "
            "negative where MEMORY USAGE overstates (streams)");
}

}  // namespace headroom::memory
