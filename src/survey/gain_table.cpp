#include "survey/gain_table.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace headroom::survey {
namespace {

constexpr unsigned place_bits = 8;
static_assert(repack_places <= 1U << place_bits);

std::uint64_t packed_key(std::uint32_t ticket, std::uint64_t place) {
  return std::uint64_t{ticket} << place_bits | place;
}
std::uint32_t ticket_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> place_bits); }
std::uint64_t place_of(std::uint64_t key) { return key & ((1U << place_bits) - 1); }

using PatternName = std::pair<std::uint32_t, std::string_view>;
using OwnerName = std::tuple<std::string_view, std::string_view, std::uint32_t>;

OwnerName name_of(const PatternGroup& group) {
  return {group.attribution.family, group.attribution.owner, group.db};
}

void add(RepackShare& share, const PatternGroup& group, const RepackSums& sums) {
  share.keys += group.keys;
  share.bytes += group.bytes.value;
  share.sums.add(sums);
}

std::int64_t most_saved(const RepackOwner& owner) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < repacked_count; ++i) {
    const auto kind = static_cast<Repacked>(i);
    bytes +=
        owner.all.sums.under(kind, ladder(kind).values.size() - 1, ladder(kind).entries.size() - 1).bytes;
  }
  return bytes;
}

}  // namespace

void GainTable::add(std::uint32_t ticket, const RepackGain& gain) {
  sums_[packed_key(ticket, gain.place)].add({gain.keys, gain.bytes});
  if (sums_.size() >= next_look_) follow_merges();
}

void GainTable::follow_merges() {
  std::unordered_map<std::uint64_t, RepackSum> standing;
  for (const auto& [key, sum] : sums_)
    standing[packed_key(collector_.standing(ticket_of(key)), place_of(key))].add(sum);
  sums_ = std::move(standing);
  next_look_ = std::max<std::size_t>(next_look_, 2 * sums_.size());
}

std::vector<RepackOwner> GainTable::by_owner(const Survey& survey) const {
  std::map<PatternName, RepackSums> patterns;
  for (const auto& [key, sum] : sums_) {
    const auto& cell = collector_.cell(ticket_of(key));
    patterns[{cell.db(), cell.pattern()}].add(place_of(key), sum);
  }
  std::map<OwnerName, RepackOwner> owners;
  for (const auto& group : survey.patterns) {
    const auto found = patterns.extract({group.db, group.pattern});
    const auto sums = found ? found.mapped() : RepackSums();
    auto& owner = owners[name_of(group)];
    owner.family = group.attribution.family, owner.owner = group.attribution.owner, owner.db = group.db;
    survey::add(owner.all, group, sums);
    if (group.attribution.role == "job") survey::add(owner.jobs, group, sums);
  }
  std::vector<RepackOwner> out;
  for (auto& [name, owner] : owners) out.push_back(std::move(owner));
  std::stable_sort(out.begin(), out.end(), [](const RepackOwner& a, const RepackOwner& b) {
    return std::pair(most_saved(a), a.all.bytes) > std::pair(most_saved(b), b.all.bytes);
  });
  return out;
}

}  // namespace headroom::survey
