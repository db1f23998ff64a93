#pragma once

#include <string>
#include <string_view>

#include "model/plan.h"

/// Plans as bytes; the form is that of act/binary_form.h. The decoder takes nothing for granted: it never
/// allocates by a length that the bytes do not have.
namespace headroom::act {

void append(std::string& out, const Step& step);
/// Takes a step off the front of `bytes`; false when they hold none. The room of `step` is used again.
bool take(std::string_view& bytes, Step& step);

void append(std::string& out, const PlanHeader& header);
bool take(std::string_view& bytes, PlanHeader& header);

}  // namespace headroom::act
