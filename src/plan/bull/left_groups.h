#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "plan/step_sink.h"

namespace headroom::plan::bull {

/// What one rule leaves alone in one queue, counted by reason.
class LeftGroups {
 public:
  LeftGroups(std::string rule, std::string owner) : rule_(std::move(rule)), owner_(std::move(owner)) {}

  void add(std::string_view why, std::string_view key, Bytes bytes) {
    auto group =
        std::find_if(groups_.begin(), groups_.end(), [&](const LeftAlone& one) { return one.why == why; });
    if (group == groups_.end())
      group = groups_.insert(groups_.end(), {.rule = rule_, .owner = owner_, .why = std::string(why)});
    ++group->keys;
    group->bytes += bytes;
    if (group->examples.size() < 3) group->examples.emplace_back(key);
  }
  void give(StepSink& steps) {
    for (auto& group : groups_) steps.left_alone(std::move(group));
    groups_.clear();
  }

 private:
  std::string rule_, owner_;
  std::vector<LeftAlone> groups_{};
};

}  // namespace headroom::plan::bull
