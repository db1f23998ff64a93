#include "app/bull_queues.h"

#include <algorithm>
#include <optional>
#include <string>

#include "source/bull/reads.h"

namespace headroom::app {
namespace {

/// Why nothing of a queue may be changed; empty: it may.
std::string closed(const Survey& survey, const BullQueue& queue) {
  if (queue.family == "bullmq_pro")
    return "BullMQ Pro keeps jobs in groups that are not public: only looked at";
  const auto* owner = owner_of(survey, queue);
  if (owner == nullptr || !owner->read_only) return "";
  return "only looked at: " + std::string(owner->read_only_why);
}

}  // namespace

const OwnerSum* owner_of(const Survey& survey, const BullQueue& queue) {
  const auto found = std::find_if(survey.owners.begin(), survey.owners.end(), [&](const OwnerSum& one) {
    return one.family == queue.family && one.db == queue.db && one.owner == queue.root;
  });
  return found == survey.owners.end() ? nullptr : &*found;
}

Result<bool> each_bull_queue(
    const PlanRequest& request, std::string_view rule, plan::StepSink& steps,
    const std::function<Result<bool>(wire::Link&, const BullQueue&, const family::Root&)>& plan) {
  std::unique_ptr<wire::Link> link;
  std::optional<std::uint32_t> selected;
  for (const auto& root : request.roots) {
    const BullQueue queue{root.root, root.db, std::string(root.family->name)};
    if (queue.family != "bull" && queue.family != "bullmq" && queue.family != "bullmq_pro") continue;
    if (auto why = closed(request.survey, queue); !why.empty()) {
      steps.left_alone({.rule = std::string(rule), .owner = queue.root, .why = std::move(why)});
      continue;
    }
    if (!link) {
      auto opened = request.session.open();
      if (!opened) return fail(opened.error());
      link = std::move(*opened);
    }
    if (selected != queue.db)
      if (const auto done = source::bull::ask(*link, {"SELECT", std::to_string(queue.db)}); !done)
        return fail(done.error());
    selected = queue.db;
    if (const auto planned = plan(*link, queue, root); !planned) return planned;
  }
  return true;
}

}  // namespace headroom::app
