#pragma once

#include <string>
#include <vector>

#include "model/plan.h"
#include "model/report.h"

/// What a plan says to whoever has to approve it.
namespace headroom::report {

/// The report "headroom.plan/1". Facts: run (the plan's id, and its run's), file, target, source, made,
/// expires, server, steps, keys, bytes, over_limit, phrase, facts{frees, frees_later, needs, journal,
/// replication, seconds, most_expiries_per_second}. Tables:
///   rules       rule, owner, family, what, removal ("ttl", "quarantine", "journal"), steps, keys, members,
///               bytes, why
///   left_alone  rule, owner, keys, bytes, why, examples[]
///   expiries    within, keys: when the TTLs of the plan end
///   blocking    what: keys whose removal holds the server up for a millisecond or more
/// `file` is where the plan is kept, if anywhere; `notes` are warnings from outside.
Report plan_report(const PlanHeader& plan, const std::string& file, std::vector<std::string> notes);

/// What a plan says besides its rules, for a report of the run that it became: its facts, what was left
/// alone, when TTLs end, what holds the server up. For programs, which are told of plan and run in one
/// document.
void add_plan(Report& run, const PlanHeader& plan);

}  // namespace headroom::report
