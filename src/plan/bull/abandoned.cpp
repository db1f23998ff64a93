#include "plan/bull/abandoned.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace headroom::plan::bull {
namespace {

constexpr RuleWords residue_words{"bull-abandoned", "what is left of a queue that nobody uses",
                                  "no worker, no listener, no job, and no event for longer than the policy's "
                                  "abandoned_after"};
constexpr RuleWords metrics_words{"bull-metrics", "metrics of a queue without workers, past metrics_age",
                                  "nobody adds to them any more"};

std::optional<std::string_view> why_not(const BullLiveness& found, bool jobs, const BullPolicy& policy,
                                        std::chrono::milliseconds now) {
  if (jobs) return "hashes that may be jobs are there";
  if (found.settings) return "it is paused or has limits: somebody would miss its settings";
  if (!found.clients_known) return "the server does not let us see who is connected (CLIENT LIST)";
  if (!found.idle) return "the server does not tell since when nobody has touched it (LFU)";
  if (found.last_event) {
    if (now - *found.last_event < policy.abandoned_after) return "its last event is not long enough ago";
    if (*found.idle < untouched) return "somebody touched its counter or settings within the last hour";
  } else if (*found.idle < policy.abandoned_after) {
    return "nothing but idle times tells when it was used, and those are too short";
  }
  return std::nullopt;
}

void add_part(Step& step, const BullQueue& queue, const BullFoundPart& part) {
  const auto key = add_key(step, queue.key(part.suffix));
  step.changes.push_back({.kind = key == 0 ? ChangeKind::remove : ChangeKind::remove_if_there, .key = key});
  step.bytes += part.bytes.count;
}

Step residue_step(const BullQueue& queue, const BullLiveness& found) {
  Step step;
  for (const auto& part : found.parts)
    if (part.suffix != "stalled-check") add_part(step, queue, part);
  // The counter goes up with each job that is added: nobody has added any.
  if (found.counter && step.keys.front() == queue.key("id"))
    step.checks.push_back({.kind = CheckKind::value_is, .key = 0, .text = *found.counter});
  for (const auto suffix : bull_work_parts)
    step.checks.push_back({.kind = CheckKind::absent, .key = add_key(step, queue.key(suffix))});
  step.checks.push_back({.kind = CheckKind::absent, .key = add_key(step, queue.key("stalled-check"))});
  return step;
}

}  // namespace

Result<bool> take_abandoned(QueueRules& rules, const BullLiveness& found, bool jobs, const BullPolicy& policy,
                            std::chrono::milliseconds now) {
  if (!policy.abandoned || found.heartbeat || found.clients || found.work || found.parts.empty()) return true;
  if (const auto reason = why_not(found, jobs, policy, now)) {
    rules.leave(residue_words, *reason, rules.queue().key(found.parts.front().suffix), {});
    return true;
  }
  return rules.add(residue_words, residue_step(rules.queue(), found));
}

Result<bool> take_metrics(QueueRules& rules, const BullLiveness& found, const BullPolicy& policy,
                          std::chrono::milliseconds now) {
  if (!policy.metrics_age || found.heartbeat || found.clients) return true;
  for (const auto& one : found.metrics) {
    std::int64_t previous = 0;
    std::from_chars(one.previous.data(), one.previous.data() + one.previous.size(), previous);
    if (previous <= 0 || now - std::chrono::milliseconds(previous) < *policy.metrics_age) continue;
    Step step;
    step.keys = {rules.queue().key("metrics:" + one.state), rules.queue().key("stalled-check")};
    step.bytes = one.bytes.count;
    step.checks = {{.kind = CheckKind::field_is, .key = 0, .member = "prevTS", .text = one.previous},
                   {.kind = CheckKind::absent, .key = 1}};
    step.changes = {{.kind = ChangeKind::remove, .key = 0}};
    if (one.data)
      step.changes.push_back(
          {.kind = ChangeKind::remove_if_there, .key = add_key(step, step.keys[0] + ":data")});
    if (const auto added = rules.add(metrics_words, std::move(step)); !added) return added;
  }
  return true;
}

}  // namespace headroom::plan::bull
