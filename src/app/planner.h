#pragma once

#include <chrono>
#include <optional>
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

/// Where a plan is made from a copy of the data of one moment (app/frozen_copy.h) and not from the server.
struct CopyRead {
  const Session& server;  ///< the running one, which the plan is for
  /// Of the copy, but not later than now: ages count to it, as what was young then may be in use still.
  std::chrono::milliseconds moment{};
  /// The server is known to have gone through this very state: what has changed since was changed by writes
  /// to it. False: the copy may be of another server, or of writes that this one has lost.
  bool of_this_server = false;
};

/// What every planner is given: the server as it was found a moment ago, and what is wanted.
struct PlanRequest {
  const Session& session;               ///< opens connections that only read, to the server or to the copy
  const Survey& survey;                 ///< of the same server: sizes, owners, patterns
  std::span<const family::Root> roots;  ///< confirmed, exact names
  std::span<const family::Family> families;
  const plan::Policy& policy;
  const Options& options;
  std::chrono::milliseconds now{};  ///< of the server
  source::Pace scan_pace{};         ///< of scans, unless the options say another
  std::string state{};  ///< path of the state folder, where a planner may keep what it saw; empty: nowhere
  std::optional<CopyRead> copy{};  ///< empty: `session` is the running server

  /// The running server: for what a copy does not know (who is connected, who waits).
  const Session& server() const { return copy ? copy->server : session; }
  /// Ages count to it. Deadlines are reckoned from `now` alone.
  std::chrono::milliseconds moment() const { return copy ? copy->moment : now; }
};

/// Says that a rule asks who is alive now, or since when nobody is, which no copy knows. True: it is a copy,
/// and the planner has nothing to do.
bool needs_the_running_server(const PlanRequest& request, std::string_view rule, plan::StepSink& steps);

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
