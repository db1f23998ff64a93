#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "family/shape.h"
#include "model/pattern_group.h"

/// Finds in a pattern what a piece of its example became there.
namespace headroom::family {

/// The key as pattern text in which nothing is folded.
std::string doubled_braces(std::string_view text);

/// Pattern text as people know the name: the exact bytes where nothing is folded. Where something is, braces
/// stay doubled, so that a placeholder cannot be taken for the name's own.
std::string plain_where_exact(const std::string& pattern);

/// A pattern that has as many ':' as its example: folding never crosses one. If a pattern breaks that
/// promise, its example stands in for it, braces doubled, so that a wrong owner is at worst too exact.
std::string aligned_pattern(const PatternGroup& group);

/// The text in `pattern` (from aligned_pattern) of the first `lead` bytes of `example`, which `shape` fits.
/// `bull:tenant-{n}` for the 13 bytes `bull:tenant-7` of `bull:tenant-7:wait`.
std::string lead_in_pattern(std::string_view pattern, std::string_view example, std::size_t lead,
                            const Shape& shape);

}  // namespace headroom::family
