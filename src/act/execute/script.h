#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "act/execute/job.h"
#include "act/execute/pipeline.h"
#include "wire/link.h"

/// The one Lua script, and how it is told what to do. It carries any number of steps with their checks and
/// changes as data: all checks of a step hold and all its changes are made, or none is. It has no shebang
/// (with one, a server at maxmemory refuses it whatever it does), calls nothing that needs memory but RPUSH
/// (first in its step, so that a refusal leaves the step undone), and loops over no data but a list that the
/// plan has bounded.
namespace headroom::act {

std::string_view script_text();
const std::string& script_sha1();  ///< what EVALSHA takes
std::string sha1_hex(std::string_view bytes);

/// What the script said of one step.
struct ScriptResult {
  enum class Kind : std::uint8_t {
    done,
    changed,  ///< a check of the plan does not hold, the key is there
    gone,     ///< the key is not there, or nothing that the step wants away is
    stale,    ///< what was read before is no longer so: read again
    refused,  ///< `text` is the error of the server
  } kind = Kind::done;
  std::int64_t keys = 0;  ///< of done: taken away, renamed, given a TTL or freed of one
  std::string text{};
};

/// Collects the arguments of one EVALSHA. Borrows what the jobs own until the call is queued.
class ScriptCall {
 public:
  /// `deadline`: ms of the server's clock after which the script does nothing; what `fence_key` holds must
  /// begin with the token (empty: no fence).
  ScriptCall(std::int64_t deadline, std::string_view fence_key, std::string_view fence_token);

  /// Once. Steps that are all alike, strings that are compared or keys that go with a member
  /// of one sorted set, take a shorter way through the script.
  void add(const std::vector<Job*>& jobs);
  std::size_t keys() const { return keys_.size(); }
  /// `whole`: EVAL with the text instead of EVALSHA.
  void queue(Pipeline& pipeline, bool whole, Pipeline::Take take) const;

  /// The array that came back, for the jobs in the order of add(). Empty: it is no such array.
  static std::optional<std::vector<ScriptResult>> results(const wire::Reply& reply, std::size_t jobs);
  /// "late" or "fenced"; else empty.
  static std::string_view did_nothing(const wire::Reply& reply);

 private:
  void add(const Job& job);
  void add_strings(const std::vector<Job*>& jobs);
  void add_quarantined(const std::vector<Job*>& jobs);
  void add_members(const std::vector<Job*>& jobs);
  bool are_apart(const std::vector<Job*>& jobs) const;
  std::string_view index_of(std::string_view key);
  void add(const ScriptOp& op);
  std::string_view shape_of(const Job& job);
  void add(std::string_view argument) { arguments_.push_back(argument); }

  std::unordered_map<std::string_view, std::size_t> places_{};
  std::set<std::string> shapes_{};
  std::vector<std::string_view> keys_{};
  std::vector<std::string_view> arguments_{};
  std::string deadline_;
};

/// Number texts "0" to "9999" of static storage: places and counts are all small.
std::string_view small_number(std::size_t number);

}  // namespace headroom::act
