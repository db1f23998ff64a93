#include "plan/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace headroom::plan {
namespace {

/// A share of all is no limit: a busy server has more keys when the last step is planned than it had at
/// first.
bool above(std::uint64_t keys, double share, std::uint64_t all) {
  if (share >= 1) return false;
  return static_cast<double>(keys) > share * static_cast<double>(all);
}

/// What a phrase says: empty when it is none, or names another host.
std::optional<std::uint64_t> keys_of(std::string_view phrase, std::string_view host) {
  constexpr std::string_view verb = "delete ";
  const auto rest = fmt::format(" keys from {}", host);
  if (!phrase.starts_with(verb) || !phrase.ends_with(rest) || phrase.size() <= verb.size() + rest.size())
    return std::nullopt;
  const auto digits = phrase.substr(verb.size(), phrase.size() - verb.size() - rest.size());
  std::uint64_t keys = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), keys);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(keys) : std::nullopt;
}

void judge_day(const Limits& limits, Amount planned, Amount today, LimitJudgement& judgement) {
  if (limits.keys_per_day && planned.keys + today.keys > *limits.keys_per_day)
    judgement.over.push_back(fmt::format("{} keys after {} in the last 24 hours; keys_per_day is {}",
                                         human_count(planned.keys), human_count(today.keys),
                                         human_count(*limits.keys_per_day)));
  if (limits.bytes_per_day && planned.bytes + today.bytes > *limits.bytes_per_day)
    judgement.over.push_back(fmt::format("{} after {} in the last 24 hours; bytes_per_day is {}",
                                         human_bytes(planned.bytes), human_bytes(today.bytes),
                                         human_bytes(*limits.bytes_per_day)));
}

}  // namespace

std::string phrase(std::uint64_t keys, std::string_view host) {
  return fmt::format("delete {} keys from {}", keys, host);
}

LimitJudgement judge(const Limits& limits, const Allowance& allowance, Amount planned, Amount today,
                     std::uint64_t all, bool takes_all, std::string_view host) {
  LimitJudgement judgement;
  if (planned.keys == 0) return judgement;
  judge_day(limits, planned, today, judgement);
  const bool hopeless = !judgement.over.empty() || (limits.bytes && planned.bytes > *limits.bytes);
  if (limits.bytes && planned.bytes > *limits.bytes)
    judgement.over.push_back(
        fmt::format("{}; bytes is {}", human_bytes(planned.bytes), human_bytes(*limits.bytes)));
  if (planned.keys > limits.keys)
    judgement.over.push_back(
        fmt::format("{} keys; keys is {}", human_count(planned.keys), human_count(limits.keys)));
  if (above(planned.keys, limits.share, all))
    judgement.over.push_back(
        fmt::format("{} of all {} keys; share is {}",
                    human_share(static_cast<double>(planned.keys) / static_cast<double>(all)),
                    human_count(all), human_share(limits.share)));
  if (takes_all) judgement.over.emplace_back("a rule takes every key that there is");
  if (judgement.over.empty()) return judgement;
  if (planned.keys > limits.keys) judgement.options += fmt::format(" --limit-keys {}", planned.keys);
  if (above(planned.keys, limits.share, all))
    judgement.options +=
        fmt::format(" --max-share {}",
                    std::min<std::uint64_t>(100, planned.keys * 100 / std::max<std::uint64_t>(all, 1) + 1));
  judgement.phrase = hopeless ? std::string() : phrase(planned.keys, host);
  const bool covered = planned.keys <= std::max(limits.keys, allowance.keys.value_or(0)) &&
                       !above(planned.keys, std::max(limits.share, allowance.share.value_or(0)), all);
  const auto named = keys_of(allowance.phrase, host);
  judgement.allowed = !hopeless && covered && named && *named >= planned.keys;
  return judgement;
}

bool takes_every_key(const KeyRule& rule) {
  const bool any_name = rule.pattern.find_first_not_of("*?") == std::string::npos &&
                        std::count(rule.pattern.begin(), rule.pattern.end(), '?') <= 1;
  return any_name && rule.family.empty() && rule.owner.empty() && rule.type.empty() && !rule.idle &&
         !rule.without_ttl && !rule.keep_bytes && !rule.keep_count;
}

}  // namespace headroom::plan
