#include "plan/left_tally.h"

namespace headroom::plan {
namespace {

constexpr std::size_t most_examples = 3;

}  // namespace

LeftAlone& LeftTally::group(std::string_view rule, std::string_view owner, std::string_view why) {
  auto found = groups_.find(std::tuple(rule, owner, why));
  if (found == groups_.end()) {
    if (groups_.size() >= most) owner = {};
    found = groups_.try_emplace(std::tuple(std::string(rule), std::string(owner), std::string(why))).first;
    found->second.rule = rule, found->second.owner = owner, found->second.why = why;
  }
  return found->second;
}

void LeftTally::add(std::string_view rule, std::string_view owner, std::string_view why, std::string_view key,
                    Bytes bytes) {
  auto& group = this->group(rule, owner, why);
  ++group.keys;
  group.bytes += bytes;
  if (group.examples.size() < most_examples) group.examples.emplace_back(key);
}

void LeftTally::note(std::string_view rule, std::string_view owner, std::string_view why) {
  group(rule, owner, why);
}

void LeftTally::tell(StepSink& steps) {
  for (auto& [name, group] : groups_) steps.left_alone(std::move(group));
  groups_.clear();
}

}  // namespace headroom::plan
