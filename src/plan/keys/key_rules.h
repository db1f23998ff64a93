#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/attribution.h"
#include "model/key_record.h"
#include "model/plan.h"
#include "plan/expiry_spread.h"
#include "plan/keys/recency.h"
#include "plan/left_tally.h"
#include "plan/owner_rules.h"
#include "plan/policy.h"

/// The rules of users about keys of any kind: [[rule]] of the policy. Pure.
namespace headroom::plan::keys {

/// A key, as far as names and the survey tell.
struct NamedKey {
  std::uint32_t db = 0;
  std::string_view key{};
  const Attribution* owner = nullptr;     ///< null: nobody's
  KeyType usual_type = KeyType::unknown;  ///< of the keys it was counted with
};

/// A key looked at.
struct SeenKey {
  NamedKey name{};
  KeyType type = KeyType::unknown;
  Expires expires = Expires::unknown;
  std::optional<Bytes> bytes{};
  std::optional<std::chrono::seconds> idle{};
  std::chrono::seconds since_start{};  ///< of the plan, when it was looked at: makes idle times comparable
};

/// Of a key that was looked at in a copy of older data.
struct Proof {
  std::vector<Check>
      checks{};  ///< that its value is on the server what it was there, of key 0; but for no_ttl
  std::string_view why_not{};  ///< nothing shows that, and why
};

/// Why a rule may not touch a key of this owner (PLAN-5); empty: it may. Nobody's keys and those that their
/// application can make again are open to every rule. What is finished is open to a rule that names the
/// family, everything else (live work, infrastructure, debris that needs a proof, owners that are read-only)
/// only to one that says so by `live_family`.
std::string_view closed_to(const KeyRule& rule, const Attribution* owner);

/// Applies the rules in their order; the first that wants a key gone gets it. Looks at every key once, or
/// twice where a rule keeps a budget (then count() all first).
class KeyRules {
 public:
  /// Borrows all. `rules` must have passed read_policy(). `idle_known`: false for keys of a copy; a server
  /// under an LFU policy tells no idle times either.
  KeyRules(StepSink& steps, std::span<const KeyRule> rules, ExpirySpread& spread,
           std::chrono::milliseconds now, std::string_view maxmemory_policy, bool idle_known = true);

  /// Whether some rule wants to know more of a key of this name. Counts what is closed to a rule as left
  /// alone, if `tally`.
  bool wants(const NamedKey& key, bool tally);
  bool needs_counting() const;
  bool go_by_idle_time() const;  ///< some of them
  void count(const SeenKey& key);
  void settle();
  /// `proof`: of a key of a copy; null: of the running server, as it is now.
  Result<bool> decide(const SeenKey& key, const Proof* proof = nullptr);
  void finish() { left_.tell(steps_); }

 private:
  struct Applied {
    const KeyRule* rule = nullptr;
    bool refused = false;  ///< as a whole: it cannot be applied on this server
    OwnerRules numbers;
    Recency recency{};
  };
  bool names(const KeyRule& rule, const NamedKey& key) const;
  bool covers(const Applied& applied, const SeenKey& key) const;
  bool wants_gone(Applied& applied, const SeenKey& key);
  bool possible(const KeyRule& rule, const SeenKey& key, const Proof* proof);
  Result<bool> propose(Applied& applied, const SeenKey& key, const Proof* proof);

  StepSink& steps_;
  ExpirySpread& spread_;
  std::chrono::milliseconds now_;
  std::deque<Applied> rules_{};
  LeftTally left_{};
};

}  // namespace headroom::plan::keys
