#pragma once

#include <vector>

#include "model/pattern_group.h"

namespace headroom::survey {

/// The groups of two surveys of different keys (shards, files) as those of one: what has the same database,
/// pattern and attribution becomes one group. Counts, and bytes that were exact, add up exactly; intervals as
/// EstimateSum says. p50 and p99 are read anew from the sizes of both. The example is that of `a`.
std::vector<PatternGroup> merge_groups(std::vector<PatternGroup> a, std::vector<PatternGroup> b);

}  // namespace headroom::survey
