#pragma once

#include <string>
#include <string_view>

namespace headroom {

/// A pattern with its digits folded: every run of them outside a placeholder becomes "{n}", `tenant-{n}` of
/// `tenant-42`. Placeholders and doubled braces stay what they are.
std::string fold_digits(std::string_view pattern);

}  // namespace headroom
