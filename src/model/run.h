#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

/// What became of a plan.
namespace headroom {

/// How a step ended. `unknown` only as long as nobody has looked again: the reply was lost.
enum class StepOutcome : std::uint8_t {
  pending,
  removed,  ///< done: removed, renamed, given a TTL, trimmed
  changed,  ///< a check no longer held: left alone
  gone,     ///< its key was not there any more
  failed,   ///< the server refused; the reason is in the report
  unknown,
};

struct RunRule {
  std::string name{};
  std::string owner{};
  std::string why{};
  std::uint64_t planned = 0, removed = 0, changed = 0, gone = 0, failed = 0, unknown = 0;  ///< steps
  std::uint64_t keys = 0;  ///< that went away or got a TTL; exact
  Bytes bytes{};           ///< by what the plan knew of the keys that went away
};

struct RunWait {
  std::string reason{};
  std::chrono::milliseconds length{};
};

/// A finished or stopped run. planned = removed + changed + gone + failed + unknown + (stopped before)
/// pending.
struct RunReport {
  std::string run{};
  std::string kind{};        ///< "apply", "undo", "sweep", "dry-run"
  std::string dry_run_of{};  ///< "apply" or "undo"; empty: it was none
  std::string target{};
  bool complete = false;
  std::string stopped_by{};  ///< why not complete, in words
  bool kept = true;          ///< false: this report could not be written beside the journal
  std::vector<RunRule> rules{};
  std::uint64_t planned = 0, removed = 0, changed = 0, gone = 0, failed = 0, unknown = 0, pending = 0;
  std::uint64_t batches = 0;
  /// undo: steps of the run that are back by this undo and those before it; empty: not known.
  std::optional<std::uint64_t> undone_steps{};
  Bytes bytes_freed{};
  Bytes journal_bytes{};
  std::uint64_t keys_before = 0, keys_after = 0;    ///< of the server; traffic moves these too
  Bytes used_memory_before{}, used_memory_after{};  ///< 0: not known, and so are the keys
  std::chrono::milliseconds took{};
  std::chrono::milliseconds ended{};  ///< by the server's clock, since the epoch; 0: not known
  std::vector<RunWait> waits{};
  std::vector<std::string> notes{};
};

}  // namespace headroom
