#pragma once

#include <vector>

#include "app/planner.h"
#include "plan/celery/broker_debris.h"

namespace headroom::app {

/// The kombu brokers of a server: the confirmed roots, by database and exact prefix, without those whose
/// owner the survey calls read-only or whose names are protected.
std::vector<plan::celery::BrokerName> brokers_of(const PlanRequest& request);

}  // namespace headroom::app
