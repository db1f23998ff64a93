#include "app/key_owners.h"

#include "family/attribution.h"

namespace headroom::app {
namespace {

std::string place(std::uint32_t db, std::string_view pattern) {
  auto text = std::to_string(db);
  return text.append(" ").append(pattern);
}

}  // namespace

KeyOwners::KeyOwners(std::span<const family::Family> families, bool every_key)
    : families_(families),
      landmarks_(families),
      collector_({0.01, every_key, 0, [this](std::string_view key) { return landmarks_(key); }}) {}

void KeyOwners::settle() {
  groups_ = collector_.groups();
  family::attribute(groups_, families_);
  for (const auto& group : groups_) by_pattern_[place(group.db, group.pattern)] = &group;
}

const PatternGroup* KeyOwners::group_of(std::uint32_t db, std::string_view key) const {
  const auto found = by_pattern_.find(place(db, collector_.pattern_of(db, key)));
  return found == by_pattern_.end() ? nullptr : found->second;
}

const Attribution* KeyOwners::of(std::uint32_t db, std::string_view key) const {
  const auto* group = group_of(db, key);
  return group == nullptr || group->attribution.family.empty() ? nullptr : &group->attribution;
}

}  // namespace headroom::app
