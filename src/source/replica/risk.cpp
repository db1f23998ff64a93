#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "source/replica_snapshot.h"
#include "wire/info_text.h"

namespace headroom::source {
namespace {

using std::chrono::seconds;

constexpr double pages_law = 10'240;  // 2.5 pages of 4096 bytes for each write: memory-model.md B.1
constexpr double bytes_saved_per_second = 100e6;
constexpr std::uint64_t most_replicas = 64;  // of hostile lists; more serve no purpose here
constexpr Bytes large_gap{64ULL << 20};

std::optional<Bytes> bytes(const wire::InfoText& info, std::string_view field) {
  const auto count = info.number(field);
  return count ? std::optional(Bytes{*count}) : std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = fault == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// "ip=10.0.0.2,port=6379,state=online,offset=4711,lag=0", fields in any order, unknown ones left out. A lag
/// of -1 is none.
ListedReplica listed(std::string_view line) {
  ListedReplica replica;
  while (!line.empty()) {
    const auto field = line.substr(0, line.find(','));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    const auto name = field.substr(0, field.find('='));
    const auto value = field.substr(std::min(field.size(), name.size() + 1));
    const auto count = number(value);
    if (name == "ip") replica.host = value;
    if (name == "port" && count && *count <= 65'535) replica.port = static_cast<std::uint16_t>(*count);
    if (name == "state") replica.online = value == "online";
    if (name == "offset" && count) replica.offset = *count;
    if (name == "lag" && count && *count < 1'000'000'000) replica.lag = seconds(*count);
  }
  return replica;
}

void read_replication(const wire::InfoText& info, SnapshotRisk& risk) {
  const auto role = info.text("role");
  if (role == "master") risk.role = SnapshotRisk::Role::master;
  if (role == "slave") risk.role = SnapshotRisk::Role::replica;
  risk.linked_to_master = info.text("master_link_status") == "up";
  risk.replication_id = info.text("master_replid");
  for (std::uint64_t i = 0; i < most_replicas; ++i) {
    const auto line = info.text("slave" + std::to_string(i));
    if (line.empty()) break;
    risk.replicas.push_back(listed(line));
  }
}

std::optional<double> writes_per_second(const wire::InfoText& info) {
  const auto operations = info.real("instantaneous_ops_per_sec");
  const auto changes = info.number("rdb_changes_since_last_save"), saved = info.number("rdb_last_save_time");
  const auto now = info.number("server_time_usec");
  if (!operations) return std::nullopt;
  if (!changes || !saved || !now) return operations;
  const std::uint64_t since = std::max<std::uint64_t>(*now / 1'000'000, *saved + 1) - *saved;
  return std::max(*operations, static_cast<double>(*changes) / static_cast<double>(since));
}

Bytes law(Bytes all, double writes, std::optional<std::uint64_t> last_save_seconds) {
  const double size = static_cast<double>(all.count);
  const double last = last_save_seconds && *last_save_seconds > 0
                          ? size / static_cast<double>(*last_save_seconds)
                          : bytes_saved_per_second;
  const double speed = std::max(1.0, std::min(bytes_saved_per_second, last));
  return {static_cast<std::uint64_t>(size * (1 - std::exp(-pages_law * writes / speed)))};
}

void judge(const wire::InfoText& info, SnapshotRisk& risk) {
  if (!risk.resident || !risk.used_memory) return;
  // What is swapped out must come back for the child to read it.
  const Bytes all = std::max(*risk.resident, *risk.used_memory);
  const Bytes missing = *risk.used_memory - *risk.resident;
  risk.swapped = missing >= large_gap && missing.count >= risk.used_memory->count / 10;
  risk.worst_copy = all;
  if (risk.system_memory) risk.free = *risk.system_memory - all;
  Bytes likely = all;
  if (risk.writes_per_second) {
    likely = law(all, *risk.writes_per_second, info.number("rdb_last_bgsave_time_sec"));
    likely = std::min(all, std::max(likely, risk.last_copy.value_or(Bytes{})));
  }
  risk.likely_copy = likely;
}

void read_info(const wire::InfoText& info, SnapshotRisk& risk) {
  read_replication(info, risk);
  for (const auto& space : info.keyspace()) risk.keys += space.keys;
  risk.used_memory = bytes(info, "used_memory"), risk.resident = bytes(info, "used_memory_rss");
  risk.system_memory = bytes(info, "total_system_memory"), risk.maxmemory = bytes(info, "maxmemory");
  if (risk.system_memory == Bytes{}) risk.system_memory.reset();
  const auto saved = bytes(info, "rdb_last_cow_size"), rewritten = bytes(info, "aof_last_cow_size");
  if (saved || rewritten) risk.last_copy = std::max(saved.value_or(Bytes{}), rewritten.value_or(Bytes{}));
  const auto fork = info.number("latest_fork_usec");
  if (fork && *fork > 0)
    risk.last_fork = std::chrono::microseconds(std::min<std::uint64_t>(*fork, INT64_MAX));
  risk.child_running = info.number("rdb_bgsave_in_progress").value_or(0) > 0 ||
                       info.number("aof_rewrite_in_progress").value_or(0) > 0;
  risk.writes_per_second = writes_per_second(info);
  judge(info, risk);
}

void read_settings(const std::vector<wire::Reply>& pairs, SnapshotRisk& risk) {
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto &name = pairs[i].text, &value = pairs[i + 1].text;
    if (name == "repl-diskless-sync") risk.diskless = value == "yes";
    const auto delay = number(value);
    if (name == "repl-diskless-sync-delay" && delay && *delay < 1'000'000)
      risk.diskless_delay = seconds(*delay);
  }
}

}  // namespace

Result<SnapshotRisk> assess(wire::Link& link) {
  constexpr std::array<std::string_view, 1> all{"INFO"};
  constexpr std::array<std::string_view, 3> settings{"CONFIG", "GET", "repl-diskless-sync*"};
  constexpr std::array<std::string_view, 3> watchers{"PUBSUB", "NUMSUB", "__sentinel__:hello"};
  SnapshotRisk risk;
  auto info = link.call(all);
  if (!info) return fail(info.error());
  if (info->kind == wire::Reply::Kind::text) read_info(wire::InfoText(std::move(info->text)), risk);
  const auto set = link.call(settings);
  if (!set) return fail(set.error());
  if (set->kind == wire::Reply::Kind::array) read_settings(set->items, risk);
  const auto watched = link.call(watchers);
  if (!watched) return fail(watched.error());
  if (watched->items.size() == 2 && watched->items[1].integer > 0)
    risk.sentinels = static_cast<std::uint64_t>(watched->items[1].integer);
  return risk;
}

}  // namespace headroom::source
