#include <fmt/format.h>

#include "base/text.h"
#include "source/replica_snapshot.h"

namespace headroom::source {
namespace {

// Milliseconds. rdb-and-speed.md 4b: 80 to 120 ms for 6.5 GB with 4 KB pages.
constexpr double least_fork_per_byte = 13e-9, most_fork_per_byte = 16e-9;

std::string duration(double milliseconds) {
  return milliseconds < 10 ? fmt::format("{:.1f} ms", milliseconds) : fmt::format("{:.0f} ms", milliseconds);
}

std::string stall(const SnapshotRisk& risk) {
  if (!risk.worst_copy) return "how long the fork stops the server is unknown: it does not tell its size";
  const auto size = static_cast<double>(risk.worst_copy->count);
  std::string text =
      fmt::format("the fork of {} ({} keys) stops the server for about {} to {} (13-16 ms per GB measured)",
                  human_bytes(*risk.worst_copy), human_count(risk.keys), duration(size * least_fork_per_byte),
                  duration(size * most_fork_per_byte));
  if (risk.last_fork)
    text +=
        fmt::format("; its last fork took {}", duration(static_cast<double>(risk.last_fork->count()) / 1e3));
  return text;
}

std::string copying(const SnapshotRisk& risk) {
  if (!risk.likely_copy || !risk.free)
    return "what the copies of changed pages need is unknown, or what memory is free: the server does not "
           "tell";
  const std::string pace =
      risk.writes_per_second ? fmt::format("if at most {:.0f} writes a second go on", *risk.writes_per_second)
                             : "its rate of writes is unknown";
  std::string text = fmt::format(
      "pages changed meanwhile are copied: likely up to {} ({}), at the very most {}; free are {} at most "
      "(other processes and a container's limit are unknown)",
      human_bytes(*risk.likely_copy), pace, human_bytes(*risk.worst_copy), human_bytes(*risk.free));
  if (risk.maxmemory.value_or(Bytes{}) > Bytes{})
    text += fmt::format("; they come on top of its maxmemory of {}", human_bytes(*risk.maxmemory));
  if (*risk.free < *risk.worst_copy) text += "; do not start mass deletes or imports until it is done";
  return text;
}

std::string transfer(const SnapshotRisk& risk) {
  if (!risk.diskless)
    return "whether it writes its snapshot to disk first is unknown (CONFIG GET is not allowed)";
  if (*risk.diskless) {
    return fmt::format("it waits {} s (repl-diskless-sync-delay), then streams without touching its disk",
                       risk.diskless_delay.count());
  }
  return "it writes the snapshot to its disk first, over its RDB file (repl-diskless-sync is no); if the "
         "disk "
         "runs full, it may refuse writes (stop-writes-on-bgsave-error)";
}

Error refused(std::string what, std::string_view where, std::string_view more) {
  return {std::move(what), std::string(where),
          fmt::format("{}an audit with --source scan asks key by key without a fork; --force takes the "
                      "snapshot all the same",
                      more),
          Exit::refused};
}

}  // namespace

std::vector<std::string> cost_in_words(const SnapshotRisk& risk) {
  std::vector<std::string> lines{stall(risk), copying(risk), transfer(risk)};
  if (risk.child_running)
    lines.emplace_back("a BGSAVE or AOF rewrite is running: the snapshot begins when it has ended");
  if (risk.role == SnapshotRisk::Role::replica && !risk.linked_to_master)
    lines.emplace_back("this replica has no link to its master and will give no snapshot");
  if (risk.role == SnapshotRisk::Role::master && risk.replicas.empty()) {
    lines.emplace_back(
        "it has no replica yet: it will allocate its replication backlog (repl-backlog-size, 1 MB by "
        "default) "
        "and show one replica without a port as long as this takes");
  }
  return lines;
}

std::optional<Error> danger(const SnapshotRisk& risk, std::string_view where) {
  if (!risk.likely_copy || !risk.free) {
    return refused("the server does not tell how much memory it has and is free: a fork may be dangerous",
                   where, "allow INFO, or look at the host; ");
  }
  if (risk.swapped) {
    return refused(
        fmt::format("part of the server is swapped out ({} resident of {}): a fork would read all of it back",
                    human_bytes(*risk.resident), human_bytes(*risk.used_memory)),
        where, "");
  }
  if (*risk.likely_copy > *risk.free) {
    return refused(fmt::format("a fork may need {} for changed pages, and {} are free at most",
                               human_bytes(*risk.likely_copy), human_bytes(*risk.free)),
                   where, "take a replica, or an RDB file; ");
  }
  if (risk.role == SnapshotRisk::Role::master && risk.sentinels > 0) {
    return refused(
        fmt::format("{} Sentinel{} this master and would keep our address as a replica that is down",
                    risk.sentinels, risk.sentinels == 1 ? " watches" : "s watch"),
        where, "name a replica; after a snapshot with --force, SENTINEL RESET cleans up; ");
  }
  return std::nullopt;
}

}  // namespace headroom::source
