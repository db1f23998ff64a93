#include "app/output.h"
#include "app/rdb/action.h"
#include "app/rdb/counting.h"

namespace headroom::app {

Result<Exit> rdb_stats(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter&) {
  const auto contents = count_contents(target, Reading::nothing);
  if (!contents) return fail(contents.error());
  if (const auto done = emit(report::rdb_stats_report(*contents), invocation); !done)
    return fail(done.error());
  return contents->complete ? Exit::fine : Exit::partial;
}

}  // namespace headroom::app
