#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "source/rdb/input.h"
#include "wire/connection.h"
#include "wire/endpoint.h"
#include "wire/link.h"
#include "wire/replication_stream.h"
#include "wire/waiting.h"

/// The snapshot of a running server, taken as a replica takes it. In three steps, so that the operator hears
/// what it may cost before it is paid:
///
///     auto plan = plan_snapshot(target, options);          // asks INFO; nothing happens yet
///     for (auto& line : cost_in_words(plan->risk)) ...     // says what it may cost
///     auto snapshot = open_snapshot(*plan, options);       // forks the server, unless that is dangerous
///     if (!snapshot->input) ...                            // forbidden: snapshot->refusal says why; scan
///
/// A fall back to source::scan() makes sense when plan_snapshot() worked and open_snapshot() gave a refusal
/// or an Error with Exit::refused. Other Errors are about the connection, and a scan would meet them too.
namespace headroom::source {

/// A replica as its master lists it; `host` is whatever the replica said of itself.
struct ListedReplica {
  std::string host{};
  std::uint16_t port = 0;  ///< 0: it announced none; nobody can connect to it
  bool online = false;
  std::uint64_t offset = 0;
  std::optional<std::chrono::seconds> lag{};  ///< since its last acknowledgement
};

/// What a server says about itself that decides whether a fork is safe. Empty: it did not say.
struct SnapshotRisk {
  enum class Role : std::uint8_t { unknown, master, replica };
  Role role = Role::unknown;
  bool linked_to_master = false;  ///< of a replica; without the link it gives no snapshot
  std::string replication_id{};
  std::vector<ListedReplica> replicas{};

  std::uint64_t keys = 0;
  std::optional<Bytes> used_memory{}, resident{}, system_memory{}, maxmemory{};
  std::optional<Bytes> last_copy{};  ///< the most that the last BGSAVE or AOF rewrite copied
  std::optional<std::chrono::microseconds> last_fork{};  ///< how long the server stood still then
  std::optional<double> writes_per_second{};             ///< an upper guess: see likely_copy
  bool child_running = false;                            ///< a BGSAVE or AOF rewrite: ours waits for its end
  std::optional<bool> diskless{};                        ///< repl-diskless-sync
  std::chrono::seconds diskless_delay{5};
  std::uint64_t sentinels = 0;  ///< that watch this server

  /// system_memory less what this server has. Other processes and the limit of a container are not known, so
  /// the truth is lower.
  std::optional<Bytes> free{};
  bool swapped = false;  ///< a tenth of its memory and 64 MiB or more is not resident
  /// If every page is written to while the fork lives: all of it.
  std::optional<Bytes> worst_copy{};
  /// worst_copy * (1 - exp(-10240 * W / s)), the law of memory-model.md B.1 with its upper constant, but not
  /// less than last_copy. W: the larger of instantaneous_ops_per_sec, taken as if all were writes, and
  /// rdb_changes_since_last_save per second since that save. s: 100 MB of resident memory per second
  /// (155 to 180 measured, rdb-and-speed.md 4), less if the last BGSAVE was slower. Without W: worst_copy.
  /// Writes that begin later, mass deletes above all, and a slow reader are not in it.
  std::optional<Bytes> likely_copy{};
};

/// Asks INFO, CONFIG GET repl-diskless-sync* and PUBSUB NUMSUB __sentinel__:hello; what is not allowed stays
/// empty. Needs: nothing pending on the link. Errors: the link is dead.
Result<SnapshotRisk> assess(wire::Link& link);

/// Sentences for the operator, most important first: what the fork and the transfer may cost and what is not
/// known.
std::vector<std::string> cost_in_words(const SnapshotRisk& risk);

/// Why no snapshot should be taken without --force (Exit::refused); empty: no reason. The reasons:
/// likely_copy is more than `free`; one of the two is unknown; the server is swapped out; Sentinels watch it
/// and it is a master (they would keep our address as a replica that is down, until SENTINEL RESET).
std::optional<Error> danger(const SnapshotRisk& risk, std::string_view where);

struct ReplicaSnapshotOptions {
  std::string command = "snapshot";  ///< for CLIENT LIST: "headroom:COMMAND"
  wire::ReplicationOptions replication{};
  /// Look for a replica of the target that can do the work. Our login is then sent to the address that the
  /// replica announced: over TLS only to who has a certificate for it; with a target on a Unix socket only
  /// to this machine.
  bool prefer_replica = true;
  bool force = false;  ///< take it in spite of danger()
  std::shared_ptr<wire::Cancellation> cancellation{};
};

/// Where the snapshot will come from.
struct SnapshotPlan {
  wire::Endpoint source{};  ///< holds the password; print redacted()
  bool from_target = true;
  SnapshotRisk risk{};                     ///< of `source`
  std::vector<std::string> passed_over{};  ///< replicas that do not serve, and why; for -v
};

/// Chooses: the target if it is a replica itself or has none, else the replica that lags least among those
/// online that can be reached with the same login within 2 s, share the replication id of the target, are
/// linked to their master and in no danger(); three are tried at most. Errors: the target cannot be reached.
Result<SnapshotPlan> plan_snapshot(const wire::Endpoint& target, const ReplicaSnapshotOptions& options = {});

struct Snapshot {
  /// Empty: see `refusal`. Errors of read(): see ReplicationStream::read(). Destroying it leaves the server,
  /// in the middle too.
  std::unique_ptr<rdb::Input> input{};
  wire::SnapshotStart start{};
  wire::Refusal refusal{};
};

/// Attaches, and returns when the snapshot begins; see wire::ReplicationOptions for how long that may take.
/// Errors: danger() without `force` (Exit::refused); see ReplicationStream::open().
Result<Snapshot> open_snapshot(const SnapshotPlan& plan, const ReplicaSnapshotOptions& options = {});

}  // namespace headroom::source
