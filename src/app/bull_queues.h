#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "app/planner.h"
#include "model/bull_queue.h"
#include "wire/link.h"

namespace headroom::app {

/// A queue that may be changed, and what its names told.
struct OpenQueue {
  BullQueue queue{};
  const family::Root* root = nullptr;
};
/// Every confirmed queue of Bull and BullMQ that may be changed. Those that are only to be looked at (BullMQ
/// Pro, or a container that nobody knows: jobs may be named there) are left alone under the name `rule`, with
/// the reason.
std::vector<OpenQueue> open_queues(const PlanRequest& request, std::string_view rule, plan::StepSink& steps);

/// A connection that goes from database to database; opened when it is first needed.
class QueueLink {
 public:
  explicit QueueLink(const Session& session) : session_(session) {}
  Result<wire::Link*> on(std::uint32_t db);

 private:
  const Session& session_;
  std::unique_ptr<wire::Link> link_{};
  std::optional<std::uint32_t> db_{};
};

/// Calls `plan` for each of open_queues() with a connection on its database. Stops at the first error.
Result<bool> each_bull_queue(
    const PlanRequest& request, std::string_view rule, plan::StepSink& steps,
    const std::function<Result<bool>(wire::Link& link, const OpenQueue& queue)>& plan);

/// The row of a queue in the survey; null when it has none (owners are folded together when there are many).
const OwnerSum* owner_of(const Survey& survey, const BullQueue& queue);

}  // namespace headroom::app
