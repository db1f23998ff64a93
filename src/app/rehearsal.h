#pragma once

#include "act/plan_file.h"
#include "base/result.h"
#include "model/run.h"
#include "wire/link.h"

namespace headroom::app {

/// Judges every step of a plan by reading commands alone, and counts: removed are those that would be made,
/// changed those of which a check holds no more, gone those whose key is not there. Steps that ask for an
/// idle time are judged by that, type and TTL alone: any other look at such a key would make it a used one,
/// and the plan would spare it. Needs: `report` has the rules of the plan. Errors: the connection is lost;
/// the server refuses to answer.
Result<bool> rehearse(wire::Link& link, act::PlanReader& plan, RunReport& report);

}  // namespace headroom::app
