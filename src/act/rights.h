#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/plan.h"

/// Which commands a run needs. Pure.
namespace headroom::act {

/// What is to be done, gathered from the steps of a plan.
class Needs {
 public:
  enum class Purpose : std::uint8_t { apply, undo };
  explicit Needs(Purpose purpose = Purpose::apply) : purpose_(purpose) {}

  void add(const Step& step);
  void add(CheckKind kind) { checks_.insert(kind); }
  void add(ChangeKind kind) { changes_.insert(kind); }
  void add_key(std::string_view key);

  /// A command as it would be sent, to be tried without effect.
  struct Use {
    std::vector<std::string> words{};
    /// "+object|idletime" in an ACL; lower case.
    std::string rule() const;
    /// The first key. Needs: a command on keys that is not EVAL.
    const std::string& key() const;
  };
  /// Everything that is needed whatever way the changes are made, sorted, each once; commands on keys are
  /// there for every sample key. `version` as "7.0.15".
  std::vector<Use> uses(std::string_view version, bool lfu, bool lease) const;

  Purpose purpose() const { return purpose_; }
  /// Keys of the plan, few and of different beginnings.
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::set<std::vector<std::string>> templates(bool exact_times, bool lfu) const;
  Purpose purpose_;
  std::set<CheckKind> checks_{};
  std::set<ChangeKind> changes_{};
  std::vector<std::string> keys_{};
};

/// The one way: scripts; and the other one: transactions.
std::vector<Needs::Use> script_uses(std::string_view key);
std::vector<Needs::Use> watch_uses(std::string_view key);

/// 7'000 for "7.0.15"; 0 when it is no version.
int release_of(std::string_view version);
/// The version of RDB files and DUMP payloads that this server writes and reads: 9 for 5.0 to 6.2, 10 for
/// 7.0, 11 for 7.2, 12 for later ones (rdb-and-speed.md 5; of those after 8.0 it is a guess).
std::uint32_t rdb_version_of(std::string_view version);

/// "~bull:*" for "bull:mail:17": what an ACL would name it by.
std::string key_rule(std::string_view key);

}  // namespace headroom::act
