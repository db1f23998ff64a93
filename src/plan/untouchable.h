#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headroom::plan {

/// Whether no rule may touch a key, by its name: it is headroom's own (quarantine, lease), or fits one of
/// Policy::protect. Time: see base/glob.h.
bool untouchable(std::string_view key, std::span<const std::string> protect);

}  // namespace headroom::plan
