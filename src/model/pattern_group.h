#pragma once

#include <array>
#include <cstdint>
#include <string>

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
  std::array<std::uint64_t, key_type_count> measured_types{};
  std::array<double, key_type_count> type_bytes{};  ///< sum of the measured bytes, by type
  std::array<std::uint64_t, encoding_count> measured_encodings{};
  std::array<std::uint64_t, ttl_bucket_count> measured_ttl{};
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
