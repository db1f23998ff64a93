#pragma once

#include "app/snapshot_survey.h"
#include "base/result.h"
#include "model/stored_value.h"
#include "report/rdb_report.h"

namespace headroom::app {

/// Reads the whole snapshot and says what it is made of. With Reading::elements every value is walked to its
/// end, its blobs unpacked and proved; with Reading::nothing values are passed over. Errors: it cannot be
/// opened, is no snapshot at all (Exit::usage), Ctrl-C (Exit::partial).
Result<report::RdbContents> count_contents(const SnapshotTarget& target, Reading reading);

}  // namespace headroom::app
