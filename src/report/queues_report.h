#pragma once

#include <span>

#include "model/queue.h"
#include "model/report.h"
#include "model/server_facts.h"

/// `headroom queues`: every queue as its own library would describe it.
namespace headroom::report {

/// The report "headroom.queues/1", a row per queue in the order given: family, owner, db, version, states{},
/// bytes (sum of the parts), parts[{role, keys, bytes}], events{entries, cap, bytes}, oldest_finished,
/// last_activity, heartbeat_age, schedulers, retention, flags[]. States keep the library's own names and
/// order. keys of a part are null: counting them would need a scan. Ages are by the server's clock, and null
/// when it was not asked.
Report queues_report(const ServerFacts& server, std::span<const QueueState> queues);

}  // namespace headroom::report
