#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "memory/server_model.h"
#include "model/server_facts.h"

namespace headroom::memory {

/// What the model says of all keys of a file, under either quantum of jemalloc: sums of KeyModel::finish().
struct KeySums {
  Bytes quantum_8{};
  Bytes quantum_16{};
};

/// How well the model explains what a server used.
struct Calibration {
  std::uint64_t quantum = 8;  ///< the one that fits better
  Bytes explained{};          ///< keys, tables and an empty server, under that quantum
  std::int64_t unattributed =
      0;  ///< used minus explained: buffers, scripts, backlog; below zero: the model is too high
  double residual_percent = 0;  ///< unattributed, of what was used
  double other_percent = 0;     ///< the same under the other quantum
  bool clear = false;           ///< the fit decides: the other is at least twice as far off, and by over 1 %
};

/// Which allocator a file comes from, when it does not say (files never do; the version and `used-mem` are in
/// their header): the two differ by some 5 % on the same data (rdb-and-speed.md 3b). `server` gives version
/// and flavour; its allocator is not looked at. Empty when nothing was used.
std::optional<Calibration> calibrate(const ServerModel& server, const KeySums& keys,
                                     std::span<const Keyspace> dbs, Bytes used);

}  // namespace headroom::memory
