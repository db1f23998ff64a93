#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "act/journal.h"
#include "model/plan.h"
#include "model/run.h"

namespace headroom::act {

/// How a step is proved and made.
enum class Way : std::uint8_t {
  native,    ///< one command that checks by itself, no script
  direct,    ///< no value goes away: the script checks all
  watched,   ///< WATCH, read, MULTI, script, EXEC
  compared,  ///< read; the script compares what was read with what is there
  plain,     ///< WATCH, read, MULTI, plain commands, EXEC: where scripts are forbidden
};

/// What was read of one key of a step.
struct KeyState {
  bool read = false;     ///< anything below `exists` is of meaning
  bool watched = false;  ///< what was read is so until the change, or the change fails
  std::optional<bool> exists{};
  bool there = false;
  bool too_large = false;          ///< to be journaled; its value was not read
  std::int64_t expires_at = -1;    ///< ms since the epoch; -1: never
  std::int64_t expiry_slack = 0;   ///< ms that `expires_at` may be off
  bool expiry_as_planned = false;  ///< `expires_at` was not read: the script has to prove it
  std::int64_t idle = -1, freq = -1;
  std::optional<std::string> value{};                ///< of a string
  std::optional<std::vector<std::string>> fields{};  ///< of a hash: field, value, field, value, ...
  std::string dump{};                                ///< of anything else: the payload
  bool fields_asked = false, value_asked = false, is_string = false;
};

/// What was read for one change of a member; of meaning for the kinds that take members away.
struct MemberState {
  std::optional<std::string> value{};  ///< score, or value of the field; empty: no such member
  std::int64_t place = -1;             ///< of the item in its list; -1: not in it
  std::vector<std::int64_t> places{};  ///< of all items that are equal to it, at most most_places
  std::int64_t stay = -1;              ///< of these, behind the step; -1: not known
  std::int64_t expires_at = -1;        ///< of the key that holds it, ms since the epoch; -1: never
  std::uint64_t length = 0;            ///< of the stream; of the list behind the step
  std::vector<std::pair<std::string, std::vector<std::string>>> entries{};
};

/// One check or change as the script is told it. What the letters mean: script.h.
struct ScriptOp {
  std::string_view code{};  ///< of static storage
  std::string_view key{};   ///< of the Job
  std::string a{}, b{};
  std::uint8_t arity = 2;  ///< of code, key, a, b: how many the script takes
};

inline ScriptOp script_op(std::string_view code, std::string_view key) { return {code, key}; }
inline ScriptOp script_op(std::string_view code, std::string_view key, std::string a) {
  return {code, key, std::move(a), {}, 3};
}
inline ScriptOp script_op(std::string_view code, std::string_view key, std::string a, std::string b) {
  return {code, key, std::move(a), std::move(b), 4};
}

/// A step under way.
struct Job {
  std::uint64_t number = 0;
  Step step{};
  Way way{};
  std::uint16_t tries = 0;  ///< that came to nothing: a busy key, a late script
  bool lost = false;        ///< the reply of an earlier try was lost; `record` is of that try
  bool compare = false;     ///< WATCH failed for it: compare instead
  bool alone = false;       ///< a batch of its own: one with others was refused

  // Of one try:
  std::vector<KeyState> keys{};                ///< like Step::keys
  std::vector<MemberState> members{};          ///< like Step::changes
  std::vector<std::optional<bool>> answers{};  ///< like Step::checks; those the client asked
  std::vector<std::vector<std::optional<std::string>>> fingerprints{};  ///< like Step::checks
  std::string refused{};  ///< the server's error about this step
  JournalStep record{};
  std::vector<ScriptOp> checks{}, derived{}, changes{};

  std::optional<StepOutcome> outcome{};
  std::string reason{};  ///< of `failed`
  std::uint64_t keys_changed = 0;
};

/// Change::kinds that take a whole key away.
inline bool takes_key(ChangeKind kind) {
  return kind == ChangeKind::remove || kind == ChangeKind::remove_if_there ||
         kind == ChangeKind::remove_if_value_is;
}
/// A part that may or may not be there.
inline bool is_part(ChangeKind kind) { return takes_key(kind) && kind != ChangeKind::remove; }

/// Steps of one database and one way, which are read, and then changed, in one turn each.
struct Batch {
  Way way{};
  std::uint32_t db = 0;
  std::size_t units = 0;
  std::vector<Job> jobs{};
  std::string refused{};  ///< the server's error about a command for all of them

  /// Those that are not done with.
  std::vector<Job*> open_jobs() {
    std::vector<Job*> open;
    for (auto& job : jobs)
      if (!job.outcome) open.push_back(&job);
    return open;
  }
};

}  // namespace headroom::act
