#include "app/rdb/key_families.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/rdb/reading.h"
#include "base/text.h"
#include "family/attribution.h"

namespace headroom::app {
namespace {

std::string place(std::uint32_t db, std::string_view pattern) {
  auto text = std::to_string(db);
  return text.append(" ").append(pattern);
}

Error no_such_family(std::string_view name, std::span<const family::Family> all) {
  std::string names;
  for (const auto& family : all) names.append(names.empty() ? "" : ", ").append(family.name);
  return {fmt::format("there is no family '{}'", printable(name)), "--family", "one of: " + names,
          Exit::usage};
}

}  // namespace

KeyFamilies::KeyFamilies(Families families)
    : families_(std::move(families)),
      landmarks_(families_.all()),
      collector_({0.01, true, 0, [this](std::string_view key) { return landmarks_(key); }}) {}

Result<std::unique_ptr<KeyFamilies>> KeyFamilies::read(const SnapshotTarget& target, const Options& options,
                                                       Families families) {
  std::unique_ptr<KeyFamilies> known(new KeyFamilies(std::move(families)));
  MeasuredReading reading(target, options, MeasuredReading::Bytes::left_out);
  const auto outcome = reading.read(known->collector_, {});
  if (!outcome) return fail(outcome.error());
  known->groups_ = known->collector_.groups();
  family::attribute(known->groups_, known->families_.all());
  for (const auto& group : known->groups_)
    if (!group.attribution.family.empty())
      known->by_pattern_[place(group.db, group.pattern)] = &group.attribution;
  return known;
}

const Attribution* KeyFamilies::of(std::uint32_t db, std::string_view key) const {
  const auto found = by_pattern_.find(place(db, collector_.pattern_of(db, key)));
  return found == by_pattern_.end() ? nullptr : found->second;
}

Result<std::unique_ptr<KeyFamilies>> families_for(const KeyFilter& filter, const SnapshotTarget& target,
                                                  const Options& options) {
  if (filter.family.empty()) return std::unique_ptr<KeyFamilies>();
  auto known = Families::load(options);
  if (!known) return fail(known.error());
  const auto all = known->all();
  if (std::none_of(all.begin(), all.end(), [&](const auto& family) { return family.name == filter.family; }))
    return fail(no_such_family(filter.family, all));
  if (const auto file = needs_a_file(target, "--family"); !file) return fail(file.error());
  return KeyFamilies::read(target, options, std::move(*known));
}

}  // namespace headroom::app
