#pragma once

#include <span>
#include <string_view>

namespace headroom {

/// The candidate that somebody who typed `word` most likely meant: the fewest letters to change
/// (Levenshtein), at most half of the word's. Empty: none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace headroom
