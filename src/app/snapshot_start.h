#pragma once

#include <string_view>

#include "app/options.h"
#include "app/session.h"
#include "base/result.h"
#include "source/replica_snapshot.h"

/// How commands take the snapshot of a running server.
namespace headroom::app {

/// `command` names the program in CLIENT LIST.
source::ReplicaSnapshotOptions snapshot_options(const Options& options, std::string_view command = "audit");

/// What it may cost. Told to logs too: a fork is nothing to pay unawares.
void announce(const source::SnapshotPlan& plan, const Options& options);

}  // namespace headroom::app
