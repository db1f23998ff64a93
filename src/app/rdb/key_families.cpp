#include "app/rdb/key_families.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/rdb/reading.h"
#include "base/text.h"

namespace headroom::app {
namespace {

Error no_such_family(std::string_view name, std::span<const family::Family> all) {
  std::string names;
  for (const auto& family : all) names.append(names.empty() ? "" : ", ").append(family.name);
  return {fmt::format("there is no family '{}'", printable(name)), "--family", "one of: " + names,
          Exit::usage};
}

}  // namespace

Result<std::unique_ptr<KeyFamilies>> KeyFamilies::read(const SnapshotTarget& target, const Options& options,
                                                       Families families) {
  std::unique_ptr<KeyFamilies> known(new KeyFamilies(std::move(families)));
  MeasuredReading reading(target, options, MeasuredReading::Bytes::left_out);
  const auto outcome = reading.read(known->owners_.sink(), {});
  if (!outcome) return fail(outcome.error());
  known->owners_.settle();
  return known;
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
