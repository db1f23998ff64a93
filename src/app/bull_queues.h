#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "app/planner.h"
#include "model/bull_queue.h"
#include "wire/link.h"

namespace headroom::app {

/// Calls `plan` for every confirmed queue of Bull and BullMQ that may be changed, with a connection on its
/// database. Queues that are only to be looked at (BullMQ Pro, or a container that nobody knows: jobs may be
/// named there) are left alone under the name `rule`, with the reason. Stops at the first error.
Result<bool> each_bull_queue(const PlanRequest& request, std::string_view rule, plan::StepSink& steps,
                             const std::function<Result<bool>(wire::Link& link, const BullQueue& queue,
                                                              const family::Root& root)>& plan);

/// The row of a queue in the survey; null when it has none (owners are folded together when there are many).
const OwnerSum* owner_of(const Survey& survey, const BullQueue& queue);

}  // namespace headroom::app
