#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "facts/collector.h"
#include "wire/info_text.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;
using wire::InfoText;

constexpr std::array<std::pair<std::string_view, std::optional<Bytes> ServerFacts::*>, 15> byte_fields{{
    {"used_memory", &ServerFacts::used_memory},
    {"used_memory_rss", &ServerFacts::used_memory_rss},
    {"used_memory_peak", &ServerFacts::used_memory_peak},
    {"maxmemory", &ServerFacts::maxmemory},
    {"used_memory_startup", &ServerFacts::startup},
    {"used_memory_dataset", &ServerFacts::dataset},
    {"used_memory_overhead", &ServerFacts::overhead},
    {"used_memory_scripts_eval", &ServerFacts::scripts},
    {"used_memory_functions", &ServerFacts::functions},
    {"mem_clients_normal", &ServerFacts::clients_normal},
    {"mem_clients_slaves", &ServerFacts::clients_replica},
    {"mem_replication_backlog", &ServerFacts::replication_backlog},
    {"mem_aof_buffer", &ServerFacts::aof_buffer},
    {"mem_cluster_links", &ServerFacts::cluster_links},
    // Before 7.0 this was the scripts alone; since then it holds the functions too, and the field above comes
    // first.
    {"used_memory_scripts", &ServerFacts::scripts},
}};

constexpr std::array<std::pair<std::string_view, std::optional<std::uint64_t> ServerFacts::*>, 3>
    count_fields{{
        {"evicted_keys", &ServerFacts::evicted_keys},
        {"expired_keys", &ServerFacts::expired_keys},
        {"connected_clients", &ServerFacts::connected_clients},
    }};

std::string word(std::string_view text) { return truncate_middle(printable(text), 200); }

/// Valkey and Dragonfly say "7.2.4" and the like in redis_version for the sake of old clients; theirs is in a
/// field of its own.
void read_version(const InfoText& info, ServerFacts& facts) {
  facts.version = word(info.text("redis_version"));
  if (const auto valkey = info.text("valkey_version");
      !valkey.empty() || info.text("server_name") == "valkey") {
    facts.flavour = "valkey";
    if (!valkey.empty()) facts.version = word(valkey);
  } else if (auto dragonfly = info.text("dragonfly_version"); !dragonfly.empty()) {
    facts.flavour = "dragonfly";
    if (dragonfly.starts_with("df-v")) dragonfly.remove_prefix(4);
    facts.version = word(dragonfly);
  } else if (!info.text("mvcc_depth").empty() ||
             info.text("executable").find("keydb") != std::string_view::npos) {
    facts.flavour = "keydb";
  }
}

void read_info(const InfoText& info, ServerFacts& facts) {
  read_version(info, facts);
  facts.run_id = word(info.text("run_id"));
  facts.role = info.text("role") == "slave" ? "replica" : word(info.text("role"));
  facts.allocator = word(info.text("mem_allocator"));
  if (const auto policy = info.text("maxmemory_policy"); !policy.empty())
    facts.maxmemory_policy = word(policy);
  facts.fragmentation = info.real("mem_fragmentation_ratio");
  facts.keyspace = info.keyspace();
  for (const auto& [field, member] : byte_fields)
    if (const auto value = info.number(field); value && !(facts.*member)) facts.*member = Bytes{*value};
  for (const auto& [field, member] : count_fields) facts.*member = info.number(field);
}

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{
      "INFO",
      "the server's version, memory and list of databases stay unknown, and a restart goes unnoticed"};
  auto reply = call_if_allowed(link, facts, std::array{"INFO"sv}, loss);
  if (!reply) return fail(reply.error());
  if (*reply) read_info(InfoText(std::move((*reply)->text)), facts);
  return true;
}

}  // namespace

Collector redis_info() { return {collect, true}; }

}  // namespace headroom::facts
