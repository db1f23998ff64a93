#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plan/policy.h"

namespace headroom::plan {
namespace {

/// Called by its preset alone: it decides otherwise than the rules of a policy.
constexpr std::string_view emergency = "emergency";

const std::array<Preset, 5>& presets() {
  static const std::array<Preset, 5> all{
      {{"bull", {"bull_finished", "bull_events", "bull_debris", "bull_abandoned"}},
       {"celery", {"celery_results", "celery_chords", "kombu_replies", "kombu_requeue"}},
       {"cache", {"keys"}},
       {"orphans", {"bull_debris", "celery_chords", "kombu_replies"}},
       // Finished work first; what takes longest to judge last.
       {std::string(emergency), {std::string(emergency), "bull_debris", "celery_chords", "keys"}}}};
  return all;
}

}  // namespace

bool Preset::takes(std::string_view planner) const {
  if (planners.empty()) return planner != emergency;
  return std::find(planners.begin(), planners.end(), planner) != planners.end();
}

Result<Preset> preset(std::string_view name, Policy& policy) {
  if (name.empty()) return Preset{};
  const auto found =
      std::find_if(presets().begin(), presets().end(), [&](const auto& one) { return one.name == name; });
  if (found == presets().end())
    return fail({fmt::format("there is no preset '{}'", name), "--preset",
                 "bull, celery, cache, orphans or emergency", Exit::usage});
  if (name == emergency) {
    for (auto& bull : policy.bull) bull.orphan_removal = Removal::journal;
    for (auto& rule : policy.rules) rule.removal = Removal::journal;
  }
  return *found;
}

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const auto& one : presets()) names.push_back(one.name);
  return names;
}

}  // namespace headroom::plan
