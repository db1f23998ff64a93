#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/frozen_copy.h"
#include "app/options.h"
#include "app/planner.h"
#include "app/session.h"
#include "base/result.h"
#include "family/roots.h"
#include "model/survey.h"

namespace headroom::app {

/// Where a plan finds what it proposes: the running server, or a copy of its data (--source).
struct PlanSource {
  std::string_view name = "scan";  ///< "snapshot", "rdb"
  std::optional<FrozenCopy> copy{};
  std::optional<CopyRead> read{};    ///< of the copy
  std::vector<std::string> notes{};  ///< for whoever reads the plan
};

/// Opens what `options` name for a plan that is for `server`, whose clock says `now`. A copy is loaded here.
/// A file that is not known to be of this server is noted and taken: after a restore that is the honest case,
/// and every step is proved on the server anyway. Errors: see FrozenCopy; the server cannot be asked.
Result<PlanSource> plan_source(const Session& server, const Options& options, std::chrono::milliseconds now);

/// Looks over all keys of the source. What the survey says of the server itself (policy, memory, replicas) is
/// of `server`, as the plan is for that one.
Result<Survey> survey_source(const PlanSource& source, const Session& server,
                             std::span<const family::Family> families, const Options& options,
                             family::RootFinder& roots, source::Pace pace);

}  // namespace headroom::app
