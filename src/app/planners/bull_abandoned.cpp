#include <algorithm>
#include <optional>

#include "app/bull_queues.h"
#include "plan/bull/abandoned.h"
#include "source/bull/liveness.h"

namespace headroom::app::planners {
namespace {

/// Whether the survey met hashes under the queue that may be jobs, or parts of such; where it cannot tell:
/// yes.
bool may_have_jobs(const Survey& survey, const BullQueue& queue) {
  const auto* owner = owner_of(survey, queue);
  if (owner == nullptr || !survey.scan.complete) return true;
  return std::any_of(owner->parts.begin(), owner->parts.end(), [](const PartSum& part) {
    const bool of_jobs = part.role == "job" || part.role == "flow" || part.role == "log" ||
                         part.role == "scheduler" || part.role == "deduplication";
    return of_jobs && part.sum.keys > 0;
  });
}

bool is_wanted(const PlanRequest& request) {
  return std::any_of(request.roots.begin(), request.roots.end(), [&](const family::Root& root) {
    const auto& policy = request.policy.for_queue(root.root);
    return root.family->name.starts_with("bull") && (policy.abandoned || policy.metrics_age);
  });
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  if (is_wanted(request) && needs_the_running_server(request, "bull-abandoned", steps)) return true;
  std::optional<std::string> clients;
  return each_bull_queue(request, "bull-abandoned", steps,
                         [&](wire::Link& link, const OpenQueue& open) -> Result<bool> {
                           const auto& policy = request.policy.for_queue(open.queue.root);
                           if (!policy.abandoned && !policy.metrics_age) return true;
                           if (!clients) {
                             auto list = source::bull::client_list(link);
                             if (!list) return fail(list.error());
                             clients = std::move(*list);
                           }
                           const auto found = source::bull::liveness(link, open.queue, *clients);
                           if (!found) return fail(found.error());
                           plan::bull::QueueRules rules(open.queue, steps);
                           const bool jobs = may_have_jobs(request.survey, open.queue);
                           auto done = plan::bull::take_metrics(rules, *found, policy, request.now);
                           if (done)
                             done = plan::bull::take_abandoned(rules, *found, jobs, policy, request.now);
                           rules.finish();
                           return done;
                         });
}

}  // namespace

/// What is left of queues that nobody uses, where the policy asks for it; metrics of queues without workers.
Planner bull_abandoned() { return {"bull_abandoned", find}; }

}  // namespace headroom::app::planners
