#include "plan/untouchable.h"

#include <algorithm>

#include "base/glob.h"

namespace headroom::plan {

bool untouchable(std::string_view key, std::span<const std::string> protect) {
  return key.starts_with("headroom:") ||
         std::any_of(protect.begin(), protect.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, key); });
}

}  // namespace headroom::plan
