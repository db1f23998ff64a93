#include "app/brokers.h"

#include <algorithm>

#include "plan/untouchable.h"

namespace headroom::app {
namespace {

bool is_read_only(const PlanRequest& request, const family::Root& root) {
  return std::any_of(request.survey.owners.begin(), request.survey.owners.end(), [&](const OwnerSum& owner) {
    return owner.read_only && owner.family == "kombu" && owner.db == root.db && owner.owner == root.root;
  });
}

}  // namespace

std::vector<plan::celery::BrokerName> brokers_of(const PlanRequest& request) {
  std::vector<plan::celery::BrokerName> found;
  for (const auto& root : request.roots) {
    if (root.family == nullptr || root.family->name != "kombu" || is_read_only(request, root)) continue;
    plan::celery::BrokerName name{root.db, root.root};
    if (!plan::untouchable(name.unacked(), request.policy.protect)) found.push_back(std::move(name));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace headroom::app
