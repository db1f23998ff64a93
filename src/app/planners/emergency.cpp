#include <algorithm>
#include <vector>

#include "app/planner.h"

namespace headroom::app::planners {

// Members of this folder that an emergency calls one after the other.
Planner bull_events();
Planner bull_finished();
Planner celery_results();

namespace {

/// What one finished job of a queue takes; a removal costs the server about the same whatever the job's size.
double bytes_per_job(const Survey& survey, const family::Root& root) {
  const auto owner = std::find_if(survey.owners.begin(), survey.owners.end(), [&](const OwnerSum& candidate) {
    return candidate.family == root.family->name && candidate.owner == root.root && candidate.db == root.db;
  });
  if (owner == survey.owners.end()) return 0;
  for (const auto& part : owner->parts)
    if (part.role == "job" && part.sum.keys > 0)
      return part.sum.bytes.value / static_cast<double>(part.sum.keys);
  return 0;
}

std::vector<family::Root> largest_jobs_first(const PlanRequest& request) {
  std::vector<family::Root> roots(request.roots.begin(), request.roots.end());
  std::stable_sort(roots.begin(), roots.end(), [&](const family::Root& a, const family::Root& b) {
    return bytes_per_job(request.survey, a) > bytes_per_job(request.survey, b);
  });
  return roots;
}

/// With a target that ends the run, all work that is done may go, the oldest first; without one, what the
/// policy does not keep. Failed jobs are somebody's evidence: they go by the policy alone.
plan::Policy emergency_policy(const PlanRequest& request) {
  auto policy = request.policy;
  if (request.options.until.empty()) return policy;
  for (auto& queue : policy.bull) queue.completed = {{}, 0, {}};
  return policy;
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  const auto policy = emergency_policy(request);
  const auto roots = largest_jobs_first(request);
  const PlanRequest urgent{request.session, request.survey,  roots,       request.families,
                           policy,          request.options, request.now, request.scan_pace,
                           request.state,   request.copy};
  for (const auto& planner : {bull_events(), bull_finished(), celery_results()})
    if (const auto found = planner.find(urgent, steps); !found) return found;
  return true;
}

}  // namespace

/// For a server at maxmemory: finished work alone, most bytes for a millisecond of the server first: trimming
/// event streams, then jobs of queues whose jobs are large, then results.
Planner emergency() { return {"emergency", find}; }

}  // namespace headroom::app::planners
