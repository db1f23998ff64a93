#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plan/policy.h"

namespace headroom::plan::bull {

/// What a retention needs to know of a set of finished jobs.
struct FinishedCount {
  std::uint64_t size = 0;
  std::uint64_t older = 0;             ///< than Retention::age
  std::optional<std::uint64_t> fit{};  ///< so many of the newest fit into Retention::bytes
};

/// How many of the oldest go: all that age, count or bytes condemn. As each of the three condemns the oldest
/// first, what goes is a prefix of the set in order of time.
std::uint64_t oldest_to_go(const Retention& retention, const FinishedCount& count);

/// "older than 24 h, beyond the newest 500"; empty: everything is kept.
std::string in_words(const Retention& retention);

}  // namespace headroom::plan::bull
