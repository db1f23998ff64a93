#include <array>
#include <utility>

#include "facts/collector.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;
using wire::Reply;

// The parts that INFO memory lacks in old versions and in some managed ones. Names: redis src/object.c
// memoryCommand.
constexpr std::array<std::pair<std::string_view, std::optional<Bytes> ServerFacts::*>, 10> fields{{
    {"startup.allocated", &ServerFacts::startup},
    {"dataset.bytes", &ServerFacts::dataset},
    {"overhead.total", &ServerFacts::overhead},
    {"lua.caches", &ServerFacts::scripts},
    {"functions.caches", &ServerFacts::functions},
    {"clients.normal", &ServerFacts::clients_normal},
    {"clients.slaves", &ServerFacts::clients_replica},
    {"replication.backlog", &ServerFacts::replication_backlog},
    {"aof.buffer", &ServerFacts::aof_buffer},
    {"cluster.links", &ServerFacts::cluster_links},
}};

void read_pair(const Reply& name, const Reply& value, ServerFacts& facts) {
  if (value.kind != Reply::Kind::integer || value.integer < 0) return;
  for (const auto& [field, member] : fields)
    if (field == name.text && !(facts.*member))
      facts.*member = Bytes{static_cast<std::uint64_t>(value.integer)};
}

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{"MEMORY STATS", "parts of the overhead are known only as far as INFO tells them"};
  auto reply = call_if_allowed(link, facts, std::array{"MEMORY"sv, "STATS"sv}, loss);
  if (!reply) return fail(reply.error());
  if (!*reply) return true;
  const auto& items = (*reply)->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) read_pair(items[i], items[i + 1], facts);
  return true;
}

}  // namespace

Collector memory_stats() { return {collect}; }

}  // namespace headroom::facts
