#include "memory/calibrate.h"

#include <cmath>

#include "memory/key_tables.h"

namespace headroom::memory {
namespace {

Calibration fit(ServerModel server, Allocator allocator, Bytes keys, std::span<const Keyspace> dbs,
                Bytes used) {
  server.allocator = allocator;
  const auto tables = key_tables(server, dbs);
  Calibration fit;
  fit.quantum = allocator == Allocator::jemalloc_16 ? 16 : 8;
  fit.explained = keys + tables.main + tables.expires + startup_bytes(server);
  fit.unattributed = static_cast<std::int64_t>(used.count - fit.explained.count);
  fit.residual_percent = 100 * static_cast<double>(fit.unattributed) / static_cast<double>(used.count);
  return fit;
}

}  // namespace

std::optional<Calibration> calibrate(const ServerModel& server, const KeySums& keys,
                                     std::span<const Keyspace> dbs, Bytes used) {
  if (used.count == 0) return {};
  auto best = fit(server, Allocator::jemalloc_8, keys.quantum_8, dbs, used);
  auto other = fit(server, Allocator::jemalloc_16, keys.quantum_16, dbs, used);
  if (std::abs(other.residual_percent) < std::abs(best.residual_percent)) std::swap(best, other);
  best.other_percent = other.residual_percent;
  best.clear = std::abs(other.residual_percent) >= 2 * std::abs(best.residual_percent) &&
               std::abs(other.residual_percent - best.residual_percent) > 1;
  return best;
}

}  // namespace headroom::memory
