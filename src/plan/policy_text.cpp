#include <fmt/format.h>

#include "plan/policy.h"
#include "plan/setting_text.h"

namespace headroom::plan {
namespace {

template <class Owner>
std::string lines(const Owner& owner, std::span<const Setting<Owner>> settings) {
  std::string text;
  for (const auto& setting : settings)
    text += fmt::format("{} = {}\n", setting.name, written(owner, setting));
  return text;
}

/// Only what differs from `usual`: an empty text or a TTL of nothing has no form of its own.
template <class Owner>
std::string changed_lines(const Owner& owner, const Owner& usual, std::span<const Setting<Owner>> settings) {
  std::string text;
  for (const auto& setting : settings)
    if (const auto value = written(owner, setting); value != written(usual, setting))
      text += fmt::format("{} = {}\n", setting.name, value);
  return text;
}

template <class Owner>
void describe(std::vector<DocumentedSetting>& all, std::string_view table,
              std::span<const Setting<Owner>> settings) {
  const Owner usual{};
  for (const auto& setting : settings)
    all.push_back({std::string(table), std::string(setting.name), written(usual, setting)});
}

}  // namespace

std::string policy_text(const Policy& policy) {
  std::string text;
  text += "[protect]\n" + lines(policy, protect_settings());
  text += "\n[limits]\n" + lines(policy.limits, limit_settings());
  text += "\n[pace]\n" + lines(policy.pace, pace_settings());
  text += "\n[journal]\n" + lines(policy.journal, journal_settings());
  text += "\n[bull]\n" + lines(policy.bull.back(), bull_settings());
  for (std::size_t i = 0; i + 1 < policy.bull.size(); ++i)
    text += fmt::format("\n[[bull.queue]]\nmatch = {}\n", written(policy.bull[i].match)) +
            lines(policy.bull[i], bull_settings());
  text += "\n[celery]\n" + lines(policy.celery, celery_settings());
  for (const auto& rule : policy.rules)
    text += "\n[[rule]]\n" + changed_lines(rule, KeyRule{}, rule_settings());
  return text;
}

std::vector<DocumentedSetting> all_settings() {
  std::vector<DocumentedSetting> all;
  describe(all, "protect", protect_settings());
  describe(all, "limits", limit_settings());
  describe(all, "pace", pace_settings());
  describe(all, "journal", journal_settings());
  describe(all, "bull", bull_settings());
  describe(all, "celery", celery_settings());
  describe(all, "rule", rule_settings());
  return all;
}

}  // namespace headroom::plan
