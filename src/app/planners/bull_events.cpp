#include <algorithm>

#include "app/bull_queues.h"
#include "plan/bull/events.h"
#include "source/bull/event_stream.h"

namespace headroom::app::planners {
namespace {

// Entries are counted by reading them; beyond, age alone decides nothing.
constexpr std::uint64_t most_counted = 20'000;

/// In a copy the stream has not got what came since: to leave as many entries as were young in it would take
/// younger ones away.
plan::BullPolicy policy_for(const PlanRequest& request, const BullQueue& queue, plan::StepSink& steps) {
  auto policy = request.policy.for_queue(queue.root);
  if (!request.copy || !policy.event_age) return policy;
  policy.event_age.reset();
  steps.left_alone({.rule = "bull-events",
                    .owner = queue.root,
                    .why = "by their age: a copy does not know how many have come since (--source scan)"});
  return policy;
}

Result<bool> plan_queue(const PlanRequest& request, wire::Link& link, const BullQueue& queue,
                        plan::StepSink& steps) {
  const auto stream = source::bull::event_stream(link, queue);
  if (!stream) return fail(stream.error());
  if (stream->entries == 0) return true;
  const auto policy = policy_for(request, queue, steps);
  auto target =
      std::min(stream->entries, plan::bull::events_kept(policy, stream->cap).value_or(stream->entries));
  if (policy.event_age) {
    const auto counted = std::min(target, most_counted);
    const auto young = source::bull::events_since(link, queue, request.now - *policy.event_age, counted);
    if (!young) return fail(young.error());
    if (*young < counted) target = *young;
  }
  return plan::bull::trim_events(queue, stream->entries, target, stream->bytes, policy, steps);
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  return each_bull_queue(request, "bull-events", steps, [&](wire::Link& link, const OpenQueue& open) {
    if (!open.queue.is_bullmq()) return Result<bool>(true);
    return plan_queue(request, link, open.queue, steps);
  });
}

}  // namespace

/// Event streams of BullMQ, trimmed by count and age.
Planner bull_events() { return {"bull_events", find}; }

}  // namespace headroom::app::planners
