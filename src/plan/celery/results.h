#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "plan/expiry_spread.h"
#include "plan/left_tally.h"
#include "plan/owner_rules.h"
#include "plan/policy.h"

/// Results of Celery tasks that nothing will ever remove, because they have no TTL
/// (celery-kombu-and-others.md 2 and 7). A result that has one is left to it. Pure.
namespace headroom::plan::celery {

/// Where the prefix of a result's or a group's name ends; npos when the name is neither. `app1_` in
/// `app1_celery-task-meta-ID`.
std::size_t result_prefix(std::string_view key);
std::size_t group_prefix(std::string_view key);  ///< `celery-taskset-meta-ID`, none of a chord's .j .s .t

/// A result without a TTL, as read a moment ago.
struct StoredResult {
  std::uint32_t db = 0;
  std::string_view key{};
  std::string_view value{};
  bool too_large = false;                      ///< the value was not read
  std::optional<std::chrono::seconds> idle{};  ///< before it was read
  Bytes bytes{};
};

enum class Fate : std::uint8_t { remove, expire, leave };
struct Verdict {
  Fate fate = Fate::leave;
  std::string_view why{};  ///< of leave; a literal
  bool by_idle = false;    ///< for want of a date its idle time decided, or would have where it is known
};

/// Removed is what has ended (SUCCESS, FAILURE, REVOKED) longer ago than `age`. When it ended is told by
/// date_done, of JSON, YAML and pickle; where there is none the idle time is a lower bound of the age. What
/// has ended later, or at a time nobody knows, gets a TTL. A task that has not ended is left alone, and so is
/// what Celery did not write.
Verdict judge(const StoredResult& result, std::chrono::milliseconds now, std::chrono::seconds age);

/// Makes the steps: what is removed must be, byte by byte, what was judged; what gets a TTL must have none.
class ResultRules {
 public:
  /// `moment`: of what was read, if that was not now: ages count to it.
  ResultRules(StepSink& steps, const CeleryPolicy& policy, ExpirySpread& spread,
              std::chrono::milliseconds now, std::string_view maxmemory_policy,
              std::optional<std::chrono::milliseconds> moment = {});

  Verdict judge(const StoredResult& result) const {
    return celery::judge(result, moment_, policy_.result_age);
  }
  /// Needs: judge() said remove. `awaited`: somebody is subscribed to the channel of its name and waits for
  /// it.
  Result<bool> remove(const StoredResult& result, bool awaited);
  Result<bool> expire(const StoredResult& result);
  void leave(const StoredResult& result, std::string_view why);

  /// A saved group (GroupResult.save, chords of groups): nothing in it has a date, so its age is its idle
  /// time. `in_chord`: there are keys of a chord of the same id.
  Result<bool> group(const StoredResult& group, bool in_chord);

  void finish() { left_.tell(steps_); }

 private:
  Result<bool> expire(const StoredResult& result, OwnerRules& rules, std::size_t prefix);

  StepSink& steps_;
  const CeleryPolicy& policy_;
  ExpirySpread& spread_;
  std::chrono::milliseconds now_, moment_;
  OwnerRules removed_, expiring_, groups_removed_, groups_expiring_;
  LeftTally left_{};
};

}  // namespace headroom::plan::celery
