#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/plan.h"
#include "model/survey.h"

/// What a plan will cost and bring, reckoned from its steps (PLAN-6). Estimates, and said to be. Pure.
namespace headroom::plan {

/// Adds steps up as they pass; flat memory.
class FactsSum {
 public:
  /// `now` is the server's clock; `survey` says what expires anyhow and which keys are big, and must outlive
  /// this.
  FactsSum(const Survey& survey, std::chrono::milliseconds now);

  void add(const Step& step);
  /// `duty`: of the policy, or of the command line.
  PlanFacts facts(double duty) const;

 private:
  void add_key(const Step& step, const Change& change);
  void add_expiry(const Step& step, std::int64_t deadline);
  void add_blocking(const Step& step, std::string_view key, ChangeKind kind);

  const Survey& survey_;
  std::chrono::milliseconds now_;
  PlanFacts facts_{};
  double microseconds_ = 0;
  std::uint64_t journaled_keys_ = 0;
  std::unordered_map<std::string_view, const BigKey*> big_{};
  /// Deadlines by second, folded: seconds that fold together are counted together, so the peak is never too
  /// low.
  std::vector<std::uint32_t> per_second_ = std::vector<std::uint32_t>(1U << 16U);
};

/// What an operator must be told besides the numbers: the memory that the system sees, limits of replicas,
/// and what TTLs do under this maxmemory-policy (TTL-3). A sentence each.
std::vector<std::string> warnings(const PlanHeader& plan, std::uint32_t expiries_per_second);

}  // namespace headroom::plan
