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

std::vector<OpenQueue> open_queues(const PlanRequest& request, std::string_view rule, plan::StepSink& steps) {
  std::vector<OpenQueue> queues;
  for (const auto& root : request.roots) {
    BullQueue queue{root.root, root.db, std::string(root.family->name)};
    if (queue.family != "bull" && queue.family != "bullmq" && queue.family != "bullmq_pro") continue;
    if (auto why = closed(request.survey, queue); !why.empty())
      steps.left_alone({.rule = std::string(rule), .owner = queue.root, .why = std::move(why)});
    else
      queues.push_back({std::move(queue), &root});
  }
  return queues;
}

Result<wire::Link*> QueueLink::on(std::uint32_t db) {
  if (!link_) {
    auto opened = session_.open();
    if (!opened) return fail(opened.error());
    link_ = std::move(*opened);
  }
  if (db_ != db)
    if (const auto done = source::bull::ask(*link_, {"SELECT", std::to_string(db)}); !done)
      return fail(done.error());
  db_ = db;
  return link_.get();
}

Result<bool> each_bull_queue(const PlanRequest& request, std::string_view rule, plan::StepSink& steps,
                             const std::function<Result<bool>(wire::Link&, const OpenQueue&)>& plan) {
  QueueLink links(request.session);
  for (const auto& open : open_queues(request, rule, steps)) {
    const auto link = links.on(open.queue.db);
    if (!link) return fail(link.error());
    if (const auto planned = plan(**link, open); !planned) return planned;
  }
  return true;
}

}  // namespace headroom::app
