#pragma once

#include <string>

#include "base/result.h"
#include "model/plan.h"
#include "wire/link.h"

/// Which server a plan is for, and whether another look shows the same one (PLAN-2, HA-2).
namespace headroom::act {

/// Asks INFO, one call, and touches no key. `address` is redacted already. Errors: INFO is refused, the
/// server is loading (its keys are not there yet), or it does not say who it is: such a server cannot be told
/// from another one, so nothing is changed on it.
Result<PlanServer> identify(wire::Link& link, std::string address);

/// Why `found` is not the process and the data that `planned` names, in words; empty: it is.
///
/// Compares role, run_id and replication id. The replication id of one and the same master also changes
/// without harm: with its first replica (a snapshot of ours is one), and repl-backlog-ttl after its last has
/// gone. The server then has no second id, which it does have after being a replica (redis
/// src/replication.c: syncCommand, replicationCron, shiftReplicationId), and that is how they are told apart.
std::string differs(const PlanServer& planned, const PlanServer& found);

}  // namespace headroom::act
