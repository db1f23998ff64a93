#pragma once

#include "app/rdb/key_filter.h"
#include "app/snapshot_survey.h"
#include "app/subcommand.h"

/// What `headroom rdb` does with a snapshot: one function and one file each.
namespace headroom::app {

/// Keys as lines, while they pass by.
Result<Exit> rdb_keys(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter);
/// Whole values as JSON, one object per line.
Result<Exit> rdb_json(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter);
/// Whether the snapshot is sound; walks every value.
Result<Exit> rdb_check(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter);
/// What it is made of; walks over the values.
Result<Exit> rdb_stats(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter);

}  // namespace headroom::app
