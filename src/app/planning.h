#pragma once

#include <string>
#include <vector>

#include "act/state_folder.h"
#include "app/planner.h"
#include "app/policy_file.h"
#include "app/subcommand.h"
#include "app/wishes.h"
#include "base/result.h"
#include "model/plan.h"
#include "model/survey.h"

namespace headroom::app {

/// A plan that was made, and where it is.
struct MadePlan {
  PlanHeader header{};
  std::string file{};                ///< empty: over the limits, so none was written
  std::vector<std::string> over{};   ///< which limits, in words
  std::string allow{};               ///< options that would allow it, beside the phrase
  bool complete = true;              ///< everything was looked at
  std::vector<std::string> notes{};  ///< for the report
};

/// The server, policy and state folder that a command is about.
struct PlanningGround {
  Session session;
  PolicyInForce policy{};
  std::uint64_t policy_hash =
      0;  ///< of what the file and the variables say, before the command line changes it
  plan::Preset preset{};
  Options options{};  ///< with --policy as it was found
  act::StateFolder state;
  Wishes wishes{};
};

/// Reads what the options say. Opens no connection. Errors: Exit::usage, Exit::refused.
Result<PlanningGround> planning_ground(const Invocation& invocation, const std::vector<std::string>& targets);

/// Looks at the server, or at the copy that --source names, through connections that only read, lets the
/// planners propose, and writes `file`, which is for the server in any case.
/// Steps that touch protected names or owners that are only to be read are left out here, whoever proposes
/// them (PLAN-5). Over the limits nothing is written (PLAN-4). Errors: the server cannot be reached, is no
/// master, or restarts meanwhile; the file cannot be written.
Result<MadePlan> make_plan(const PlanningGround& ground, const std::string& file);

/// Why a plan over the limits was not written, and the same command line with what would allow it.
Error over_the_limits(const MadePlan& made, const Invocation& invocation);

/// 32 hex digits that no other plan has.
std::string new_plan_id();

}  // namespace headroom::app
