#include "plan/bull/events.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace headroom::plan::bull {

std::optional<std::uint64_t> events_kept(const BullPolicy& policy, std::optional<std::uint64_t> cap) {
  if (!policy.event_entries) return cap;
  return cap ? std::min(*cap, *policy.event_entries) : policy.event_entries;
}

Result<bool> trim_events(const BullQueue& queue, std::uint64_t entries, std::uint64_t target, Bytes bytes,
                         const BullPolicy& policy, StepSink& steps) {
  if (entries <= target) return true;
  auto what = fmt::format("event stream trimmed from {} to {} entries", entries, target);
  if (policy.event_age) what += ", none older than " + human_duration(*policy.event_age);
  const auto rule = steps.rule({.name = "bull-events",
                                .family = queue.family,
                                .owner = queue.root,
                                .what = what,
                                .why = "events copy the results of jobs; nobody reads old ones"});
  for (std::uint64_t left = entries; left > target;) {
    const auto now = std::min(events_per_step, left - target);
    Step step;
    step.rule = rule, step.db = queue.db;
    step.keys = {queue.key("events")};
    step.checks = {{.kind = CheckKind::type_is, .key = 0, .text = "stream"}};
    step.changes = {{.kind = ChangeKind::stream_trim,
                     .key = 0,
                     .number = static_cast<std::int64_t>(target),
                     .limit = static_cast<std::int64_t>(events_per_step)}};
    step.bytes = bytes.count / entries * now;
    if (const auto added = steps.step(step); !added) return added;
    left -= now;
  }
  return true;
}

}  // namespace headroom::plan::bull
