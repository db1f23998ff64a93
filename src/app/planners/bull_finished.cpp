#include <algorithm>

#include "app/bull_queues.h"
#include "plan/bull/finished.h"
#include "plan/bull/retention.h"
#include "source/bull/containers.h"
#include "source/bull/finished_jobs.h"
#include "source/bull/member_at.h"

namespace headroom::app::planners {
namespace {

// 64 MB of ids. Where more jobs wait, FinishedRule goes by timestamps alone.
constexpr std::size_t most_pending = 8'000'000;
// Measured jobs of a set: their mean is within some per cent where jobs are alike.
constexpr std::uint64_t measured = 1000;

/// The parts that jobs of this queue have at all; where the survey does not tell: any.
BullJobParts parts_seen(const Survey& survey, const BullQueue& queue) {
  constexpr BullJobParts logs = 1, all = (1U << bull_job_parts.size()) - 1U;
  const auto* owner = owner_of(survey, queue);
  if (owner == nullptr) return queue.is_bullmq() ? all : logs;
  const auto has = [&](std::string_view role) {
    return std::any_of(owner->parts.begin(), owner->parts.end(),
                       [&](const PartSum& part) { return part.role == role && part.sum.keys > 0; });
  };
  return static_cast<BullJobParts>((has("log") ? logs : 0) | (has("flow") ? all & ~logs : 0));
}

Result<std::uint64_t> how_many(wire::Link& link, const BullQueue& queue, std::string_view state,
                               const plan::Retention& retention, std::chrono::milliseconds now) {
  std::optional<std::chrono::milliseconds> before;
  if (retention.age) before = now - *retention.age;
  const auto set = source::bull::finished_set(link, queue, state, before);
  if (!set) return fail(set.error());
  plan::bull::FinishedCount count{set->size, set->older, {}};
  if (retention.bytes && set->size > 0) {
    const auto fit = source::bull::newest_that_fit(link, queue, state, *retention.bytes);
    if (!fit) return fail(fit.error());
    count.fit = *fit;
  }
  return plan::bull::oldest_to_go(retention, count);
}

/// Of a copy: this job stays, and so do younger ones, because on the server, as it is now, the same retention
/// keeps it. Newer ones may have been removed there since. Empty: all may go.
Result<std::optional<source::bull::Ranked>> first_kept(const PlanRequest& request, const BullQueue& queue,
                                                       std::string_view state,
                                                       const plan::Retention& retention) {
  if (!request.copy) return std::optional<source::bull::Ranked>();
  QueueLink links(request.server());
  const auto link = links.on(queue.db);
  if (!link) return fail(link.error());
  const auto oldest = how_many(**link, queue, state, retention, request.moment());
  if (!oldest) return fail(oldest.error());
  return source::bull::member_at(**link, queue, state, *oldest);
}

Result<bool> plan_queue(const PlanRequest& request, wire::Link& link, const BullQueue& queue,
                        plan::StepSink& steps) {
  const auto& policy = request.policy.for_queue(queue.root);
  std::optional<HashSet> pending;
  for (const std::string_view state : {"completed", "failed"}) {
    const auto& retention = state == "failed" ? policy.failed : policy.completed;
    const auto oldest = how_many(link, queue, state, retention, request.moment());
    if (!oldest) return fail(oldest.error());
    if (*oldest == 0) continue;
    const auto kept = first_kept(request, queue, state, retention);
    if (!kept) return fail(kept.error());
    if (!pending) {
      pending.emplace(most_pending);
      if (const auto read = source::bull::pending_ids(link, queue, *pending); !read) return read;
    }
    plan::bull::FinishedRule rule(queue, state, policy, *pending, request.moment(), steps);
    const source::bull::FinishedReading reading{*oldest, parts_seen(request.survey, queue),
                                                std::max<std::uint64_t>(1, *oldest / measured)};
    const auto read =
        source::bull::read_finished(link, queue, state, reading, [&](auto jobs) -> Result<bool> {
          for (const auto& job : jobs) {
            if (*kept && std::pair(job.score, job.id) >= **kept) continue;
            if (const auto taken = rule.take(job); !taken) return taken;
          }
          return true;
        });
    if (!read) return read;
    rule.finish();
  }
  return true;
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  return each_bull_queue(request, "bull-finished", steps, [&](wire::Link& link, const OpenQueue& open) {
    return plan_queue(request, link, open.queue, steps);
  });
}

}  // namespace

/// Completed and failed jobs by age, count and bytes, oldest first, each with all that belongs to it.
Planner bull_finished() { return {"bull_finished", find}; }

}  // namespace headroom::app::planners
