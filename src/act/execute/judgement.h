#pragma once

#include <string_view>

#include "act/execute/job.h"
#include "act/execute/traits.h"

namespace headroom::act {

/// Decides about a step by what was read, and prepares the rest: either sets Job::outcome (a check does not
/// hold, nothing is there, the value is too large for the journal), or fills Job::record for the journal and
/// what the script is to check and to change. What was read of a watched key needs no second look; of any
/// other key the script checks both what the plan says and (`derived`) that what the journal says is so.
void judge(Job& job, const ServerTraits& traits, std::string_view run);

}  // namespace headroom::act
