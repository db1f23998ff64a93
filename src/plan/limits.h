#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/plan.h"
#include "plan/policy.h"

/// How much one plan may remove (PLAN-4). Pure.
namespace headroom::plan {

struct Amount {
  std::uint64_t keys = 0;
  Bytes bytes{};
};

/// What a user allowed for this plan alone.
struct Allowance {
  std::optional<std::uint64_t> keys{};  ///< --limit-keys
  std::optional<double> share{};        ///< --max-share
  std::string phrase{};                 ///< --phrase
};

struct LimitJudgement {
  std::vector<std::string> over{};  ///< which limits of the policy are passed, a sentence each; empty: none
  bool allowed = true;              ///< within the limits, or the allowance covers it and its phrase is right
  std::string phrase{};             ///< that is asked for; empty: none would help, or none is needed
  std::string options{};            ///< needed beside it: " --limit-keys 2000000 --max-share 50"
};

/// "delete 123 keys from HOST": a person has seen how many, and where.
std::string phrase(std::uint64_t keys, std::string_view host);

/// `today`: what earlier runs did in the last 24 hours; `all` are the keys of the server; `takes_all`: a rule
/// of the plan is about every key. A phrase may name more keys than the plan has, since a living server
/// moves, but not less.
LimitJudgement judge(const Limits& limits, const Allowance& allowance, Amount planned, Amount today,
                     std::uint64_t all, bool takes_all, std::string_view host);

/// A rule whose conditions leave no key out: pattern "*" and nothing else.
bool takes_every_key(const KeyRule& rule);

}  // namespace headroom::plan
