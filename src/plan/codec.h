#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/plan.h"

/// Plans as bytes: numbers as little-endian varints, texts with their length, so that any name survives
/// (APPLY-9). The decoder takes nothing for granted: it never allocates by a length that the bytes do not
/// have.
namespace headroom::plan {

void append(std::string& out, const Step& step);
/// Takes a step off the front of `bytes`; false when they hold none.
bool take(std::string_view& bytes, Step& step);

void append(std::string& out, const PlanHeader& header);
bool take(std::string_view& bytes, PlanHeader& header);

}  // namespace headroom::plan
