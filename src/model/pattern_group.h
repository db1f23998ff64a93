#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/attribution.h"
#include "model/key_record.h"

namespace headroom {

/// A number known from a sample: the truth lies in [low, high] at the survey's confidence. Exact when all
/// three are equal.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  constexpr bool exact() const { return low == high; }
};

inline constexpr std::size_t ttl_bucket_count =
    8;  ///< upper edges: 1 min, 10 min, 1 h, 6 h, 1 d, 7 d, 30 d, more
inline constexpr std::size_t idle_bucket_count = 7;  ///< upper edges: 1 min, 1 h, 1 d, 7 d, 30 d, 90 d, more

/// All keys of one database whose names fold to one pattern, and what is known of them.
/// Counts of keys are exact; everything with "measured" in its name counts the keys looked at in detail only.
struct PatternGroup {
  std::uint32_t db = 0;
  std::string pattern{};  ///< "user:{n}:session:{uuid}"; braces of the key itself are doubled
  std::string example{};  ///< the first key seen, exact bytes
  std::uint64_t keys = 0;
  std::uint64_t measured = 0;
  Estimate bytes{};
  Estimate without_ttl_keys{};
  Estimate without_ttl_bytes{};
  std::uint64_t measured_ttl_unknown = 0;
  Bytes p50{}, p99{}, max{};  ///< of the measured keys
  Bytes min{};                ///< likewise; 0 when none was measured
  /// The measured keys by size, from 1 byte in steps of a quarter of an octave, as far as there are any: what
  /// p50 and p99 were read from, kept so that groups of two surveys can become one.
  std::vector<std::uint32_t> sizes{};
  std::array<std::uint64_t, key_type_count> measured_types{};
  std::array<double, key_type_count> type_bytes{};  ///< sum of the measured bytes, by type
  std::array<std::uint64_t, encoding_count> measured_encodings{};
  std::array<std::uint64_t, ttl_bucket_count> measured_ttl{};
  /// Of the measured keys: past their deadline (as the server judges it: later than it, not at it) and still
  /// there. In none of the TTL buckets. Only snapshots hold such: a live server does not show them.
  std::uint64_t expired = 0;
  Bytes expired_bytes{};
  std::array<std::uint64_t, idle_bucket_count> measured_idle{};
  std::uint64_t min_idle_seconds =
      0;  ///< the most recently used of the measured; 0 when idle times are unknown
  Attribution attribution{};

  /// The type most of the measured keys have.
  KeyType type() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < key_type_count; ++i)
      if (measured_types[i] > measured_types[best]) best = i;
    return static_cast<KeyType>(best);
  }
};

}  // namespace headroom
