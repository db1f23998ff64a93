#include "survey/merge_groups.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "survey/cell.h"
#include "survey/summary.h"

namespace headroom::survey {
namespace {

void add(Estimate& mine, const Estimate& more) {
  EstimateSum sum;
  sum.add(mine), sum.add(more);
  mine = sum.total();
}

template <class Number, std::size_t n>
void add(std::array<Number, n>& mine, const std::array<Number, n>& more) {
  for (std::size_t i = 0; i < n; ++i) mine[i] += more[i];
}

void merge_sizes(PatternGroup& mine, const PatternGroup& more) {
  if (more.sizes.empty()) return;
  SizeSketch sketch;
  sketch.add(mine.sizes), sketch.add(more.sizes);
  mine.min = mine.sizes.empty() ? more.min : std::min(mine.min, more.min);
  mine.max = std::max(mine.max, more.max);
  mine.sizes = sketch.counts();
  const auto quantile = [&](double q) {
    const auto least = static_cast<double>(mine.min.count), most = static_cast<double>(mine.max.count);
    return Bytes{static_cast<std::uint64_t>(sketch.quantile(q, least, most))};
  };
  mine.p50 = quantile(0.5), mine.p99 = quantile(0.99);
}

void merge_idle(PatternGroup& mine, const PatternGroup& more) {
  const auto known = [](const PatternGroup& group) {
    return std::any_of(group.measured_idle.begin(), group.measured_idle.end(), [](auto n) { return n != 0; });
  };
  if (known(more))
    mine.min_idle_seconds =
        known(mine) ? std::min(mine.min_idle_seconds, more.min_idle_seconds) : more.min_idle_seconds;
  add(mine.measured_idle, more.measured_idle);
}

void merge_into(PatternGroup& mine, const PatternGroup& more) {
  mine.keys += more.keys, mine.measured += more.measured;
  add(mine.bytes, more.bytes);
  add(mine.without_ttl_keys, more.without_ttl_keys);
  add(mine.without_ttl_bytes, more.without_ttl_bytes);
  mine.measured_ttl_unknown += more.measured_ttl_unknown;
  merge_sizes(mine, more);
  add(mine.measured_types, more.measured_types), add(mine.type_bytes, more.type_bytes);
  add(mine.measured_encodings, more.measured_encodings), add(mine.measured_ttl, more.measured_ttl);
  mine.expired += more.expired, mine.expired_bytes += more.expired_bytes;
  merge_idle(mine, more);
}

}  // namespace

std::vector<PatternGroup> merge_groups(std::vector<PatternGroup> a, std::vector<PatternGroup> b) {
  // Names are views into `a`, which must not grow meanwhile.
  std::multimap<std::pair<std::uint32_t, std::string_view>, PatternGroup*> known;
  for (auto& group : a) known.emplace(std::pair{group.db, std::string_view(group.pattern)}, &group);
  std::vector<PatternGroup> others;
  for (auto& group : b) {
    const auto [begin, end] = known.equal_range({group.db, group.pattern});
    const auto same = std::find_if(
        begin, end, [&](const auto& entry) { return entry.second->attribution == group.attribution; });
    if (same != end)
      merge_into(*same->second, group);
    else
      others.push_back(std::move(group));
  }
  std::move(others.begin(), others.end(), std::back_inserter(a));
  return a;
}

}  // namespace headroom::survey
