#pragma once

#include <string>

#include "app/subcommand.h"
#include "base/result.h"
#include "plan/policy.h"

namespace headroom::app {

/// The policy in force, and where it is from.
struct PolicyInForce {
  std::string file{};  ///< empty: no file, the defaults
  std::string text{};  ///< of the file
  plan::PolicyReading reading{};
};

/// Reads --policy FILE, else HEADROOM_POLICY, else ./headroom.toml if it is there, else nothing; `file` takes
/// the place of all these unless it is empty. Faults of its [[family]] tables are among the others. Errors
/// (Exit::usage): the file cannot be read; (Exit::refused): everybody may write it.
Result<PolicyInForce> read_policy_in_force(const Invocation& invocation, const std::string& file = {});

/// The same for commands that need it without a fault. Error (Exit::usage): the first fault, and how many
/// more.
Result<PolicyInForce> good_policy(const Invocation& invocation);

}  // namespace headroom::app
