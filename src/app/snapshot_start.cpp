#include "app/snapshot_start.h"

#include <fmt/format.h>

#include "app/interruption.h"
#include "app/output.h"

namespace headroom::app {

source::ReplicaSnapshotOptions snapshot_options(const Options& options, std::string_view command) {
  source::ReplicaSnapshotOptions out;
  out.command = command;
  out.force = options.force;
  out.cancellation = interruption();
  if (stderr_is_for_people(options))
    out.replication.on_waiting = [](std::chrono::milliseconds since) {
      tell(fmt::format("waiting for the server to begin its snapshot, {} s", since.count() / 1000));
    };
  return out;
}

void announce(const source::SnapshotPlan& plan, const Options& options) {
  if (options.quiet) return;
  tell(fmt::format("taking a snapshot of {}", plan.source.redacted()));
  for (const auto& line : source::cost_in_words(plan.risk)) tell(line);
}

}  // namespace headroom::app
