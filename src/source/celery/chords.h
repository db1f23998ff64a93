#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/link.h"

namespace headroom::source::celery {

/// The keys of a chord as they are now.
struct ReadChord {
  std::string_view parts_key{};  ///< `...celery-taskset-meta-ID.j`, of the names that were given
  std::string size_key{}, more_key{};
  std::string type{};                          ///< of the parts: "zset" or "list"
  std::optional<std::chrono::seconds> idle{};  ///< of the parts, before they were counted
  Bytes parts_bytes{}, bytes{};                ///< MEMORY USAGE of the parts; of all three
  bool looked_at = false;                      ///< the rest is known
  std::uint64_t returned = 0;                  ///< parts
  std::optional<std::string> size{}, more{};   ///< .s and .t, as they stand there
  bool failed = false;                         ///< a part is one that `failed` says so of
};

struct ChordLook {
  std::chrono::seconds
      idle{};  ///< chords used more recently are not looked at: that would reset their idle time
  std::uint64_t most_bytes = 0;  ///< nor are larger ones
  std::function<bool(std::string_view part)> failed{};
};

/// Looks at chords by the names of their parts. ZCARD or LLEN, GET of the two numbers; and where as many
/// parts have returned as there are, the parts, 50 at a time, until one has failed.
Result<std::vector<ReadChord>> read_chords(wire::Link& link, std::span<const std::string> names,
                                           const ChordLook& look);

}  // namespace headroom::source::celery
