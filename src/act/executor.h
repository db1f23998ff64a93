#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "act/journal.h"
#include "act/pace.h"
#include "base/result.h"
#include "model/plan.h"
#include "model/run.h"
#include "wire/link.h"

/// Makes the steps of a plan, each proved again at the moment of its change. What happens to a group of
/// steps:
///
///   WATCH keys -> read what goes away -> judge -> journal, fdatasync -> MULTI, script, EXEC -> outcome
///
/// - Lanes: several connections work on a batch each, so that one sync serves all of them. WATCH makes the
/// value
///   that was journaled the value that is removed; the script repeats every check that needs no value, looks
///   at the server's clock (a script that comes late does nothing: F21) and at the token of the lease, and
///   removes.
/// - Steps that need no value (TTL, PERSIST, quarantine, members) are not watched: the script checks all.
/// Where
///   the server can check by itself (PEXPIREAT NX from 7.0) there is no script either.
/// - Where WATCH or MULTI do not work (at maxmemory every queued command is refused: safety.md 2.8), and for
///   batches that a busy key aborted, the script compares values itself: strings as they are, others by
///   sha1(DUMP).
/// - Where scripts are forbidden: WATCH, the checks as commands, MULTI of plain commands.
/// Scripts have no shebang (refused at maxmemory otherwise), at most 100 keys, no loop over the size of data.
///
/// A lost reply is `unknown` and never counted as done or not done: the executor reconnects, compares run_id,
/// role and replid, and looks (APPLY-6): same server: the step is judged again by what is there; another one:
/// the run stops, the tail of the journal is marked, a new plan is needed (HA-2).
namespace headroom::act {

struct ApplyTarget {
  /// A new connection, logged in; `db` is selected by the executor.
  std::function<Result<std::unique_ptr<wire::Link>>()> open{};
  std::string address{};  ///< redacted
  PlanServer server{};    ///< that every new connection is compared with
};

struct ApplyOptions {
  std::size_t lanes = 8;
  std::size_t keys_per_sync = 1000;  ///< or 50 ms, whichever is first
  std::uint32_t wait_replicas = 1;  ///< WAIT for so many after each batch, if there are any; 0: do not (HA-1)
  std::chrono::milliseconds replica_timeout{500};
  std::chrono::milliseconds script_deadline{5'000};  ///< by the server's clock, from when a batch was begun
  std::uint64_t largest_dump = 8U << 20U;            ///< bytes by MEMORY USAGE; larger keys fail (UNDO-4)
  std::string fence_key{}, fence_token{};            ///< of the lease; empty: none
  bool scripts = true, watch = true;  ///< what the server lets us do; found out by the preflight
};

/// Called after every group, for the status line.
struct ApplyProgress {
  std::uint64_t steps = 0, of = 0;
  std::string_view waiting_for{};
};
using OnApplyProgress = std::function<void(const ApplyProgress&)>;

/// Where steps come from; a PlanReader, or the rest of one.
using NextStep = std::function<Result<bool>(Step& step)>;

/// Makes all steps that `next` gives, the first having the number `first`. The report has counts, bytes,
/// batches, waits; the caller adds what else it knows. Errors: the journal cannot be written (nothing is
/// changed after that), the connection cannot be opened. A run that stops early is no error: `complete` is
/// false.
Result<RunReport> execute(const ApplyTarget& target, const NextStep& next, std::uint64_t first,
                          const PlanHeader& plan, JournalWriter& journal, Pace& pace,
                          const ApplyOptions& options, const OnApplyProgress& progress = {});

/// Steps that a journal has without an outcome, looked at on the server again: done, or not (F38).
/// Their outcomes are added to the journal.
Result<std::uint64_t> settle_unknown(const ApplyTarget& target, const std::string& folder,
                                     const std::string& secret, JournalWriter& journal);

}  // namespace headroom::act
