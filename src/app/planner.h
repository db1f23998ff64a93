#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"
#include "app/session.h"
#include "family/family.h"
#include "family/roots.h"
#include "model/survey.h"
#include "plan/policy.h"
#include "plan/step_sink.h"

namespace headroom::app {

/// What every planner is given: the server as it was found a moment ago, and what is wanted.
struct PlanRequest {
  const Session& session;               ///< opens connections that only read
  const Survey& survey;                 ///< of the same server: sizes, owners, patterns
  std::span<const family::Root> roots;  ///< confirmed, exact names
  std::span<const family::Family> families;
  const plan::Policy& policy;
  const Options& options;
  std::chrono::milliseconds now{};  ///< of the server
  source::Pace scan_pace{};         ///< of scans, unless the options say another
  std::string state{};  ///< path of the state folder, where a planner may keep what it saw; empty: nowhere
};

/// Finds what one group of rules wants changed. Members of app/planners/, one file each, defining the
/// function of its name that returns one. They compose: source/ reads, plan/ decides and makes the steps.
struct Planner {
  std::string_view name{};  ///< "bull_finished"; presets choose by it
  Result<bool> (*find)(const PlanRequest& request, plan::StepSink& steps) = nullptr;
};

/// Every planner, from planners/, in order of file name.
namespace planners {
std::vector<Planner> known_planners();
}

}  // namespace headroom::app
