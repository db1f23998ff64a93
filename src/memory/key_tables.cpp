#include "memory/key_tables.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace headroom::memory {
namespace {

constexpr std::uint64_t slot = 8;  // a pointer
constexpr std::uint64_t bucket = 64;
constexpr std::uint64_t smallest_table = 4;
constexpr std::uint64_t most_entries = std::uint64_t{1} << 48;

std::uint64_t slots_for(std::uint64_t n) {
  return std::bit_ceil(std::clamp(n, smallest_table, most_entries));
}

std::uint64_t table_bytes(const VersionLayout& layout, const Sizes& sizes, std::uint64_t n, bool presized,
                          bool entries_apart) {
  if (n == 0) return 0;
  if (layout.table == VersionLayout::Table::buckets) return bucket_table(n, presized);
  const auto slots = slots_for(layout.main_table_doubles_when_full ? n + 1 : n);
  if (entries_apart) return slot * slots;
  const auto chained = expected_collisions(n, slots) * static_cast<double>(sizes.of(16));
  return slot * slots + static_cast<std::uint64_t>(chained);
}

/// Further buckets per bucket when `load` entries fall into each on average (Poisson): one from the eighth
/// entry on, one more for every six.
double further_buckets(double load) {
  double probability = std::exp(-load), sum = 0;
  for (int entries = 1; entries < 64; ++entries) {
    probability *= load / entries;
    if (entries > 7) sum += probability * std::ceil((entries - 7) / 6.0);
  }
  return sum;
}

}  // namespace

std::uint64_t slot_table(std::uint64_t n) { return n == 0 ? 0 : slot * slots_for(n); }

double expected_collisions(std::uint64_t n, std::uint64_t slots) {
  if (n == 0 || slots == 0) return 0;
  const auto keys = static_cast<double>(n), places = static_cast<double>(slots);
  return keys + places * std::expm1(keys * std::log1p(-1 / places));
}

std::uint64_t bucket_table(std::uint64_t n, bool presized) {
  const auto entries = std::min(n, most_entries);
  if (entries == 0) return 0;
  const auto buckets = presized ? presized_buckets(entries) : std::bit_ceil((entries + 6) / 7);
  const auto load = static_cast<double>(entries) / static_cast<double>(buckets);
  return static_cast<std::uint64_t>(buckets_with(buckets, load));
}

std::uint64_t presized_buckets(std::uint64_t n) {
  return std::bit_ceil((std::min(n, most_entries) * 5 + 31) / 32);
}

double buckets_with(std::uint64_t buckets, double load) {
  const auto first = static_cast<double>(buckets);
  return static_cast<double>(bucket) * (first + (buckets == 1 ? 0.0 : further_buckets(load) * first));
}

KeyTables key_tables(const ServerModel& server, const Keyspace& db) {
  const auto layout = version_layout(server.flavour, server.version);
  const Sizes sizes(server.allocator, layout.sds);
  const bool presized = server.held == Held::packed;
  const bool entries_apart = layout.key != VersionLayout::Key::in_object;
  return {{table_bytes(layout, sizes, db.keys, presized, entries_apart)},
          {table_bytes(layout, sizes, db.expires, presized, entries_apart)}};
}

KeyTables key_tables(const ServerModel& server, std::span<const Keyspace> dbs) {
  KeyTables sum;
  for (const auto& db : dbs) {
    const auto tables = key_tables(server, db);
    sum.main += tables.main;
    sum.expires += tables.expires;
  }
  return sum;
}

std::uint64_t deadline_entry(const ServerModel& server) {
  const auto layout = version_layout(server.flavour, server.version);
  return layout.key == VersionLayout::Key::in_object ? 0 : size_class(server.allocator, 24);
}

Bytes startup_bytes(const ServerModel& server) {
  if (server.flavour == Flavour::redis && server.version >= Version{8, 0}) return {670'000};
  return {876'344};
}

}  // namespace headroom::memory
