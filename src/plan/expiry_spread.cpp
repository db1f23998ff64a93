#include "plan/expiry_spread.h"

#include <algorithm>
#include <cmath>

namespace headroom::plan {
namespace {

using std::chrono::milliseconds;

// Of the buckets of a survey, in seconds from now (model/pattern_group.h); the last has no end.
constexpr std::array<std::int64_t, ttl_bucket_count - 1> edges{60,     600,     3'600,    21'600,
                                                               86'400, 604'800, 2'592'000};

std::size_t bucket_of(std::int64_t seconds_from_now) {
  return static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), seconds_from_now) -
                                  edges.begin());
}

}  // namespace

ExpirySpread::ExpirySpread(std::uint32_t per_second, milliseconds now,
                           std::span<const Estimate, ttl_bucket_count> existing)
    : per_second_(std::max<std::int64_t>(per_second, 1)), now_(now.count() / 1000) {
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < edges.size(); begin = edges[i++])
    existing_[i] =
        static_cast<std::int64_t>(std::ceil(existing[i].high / static_cast<double>(edges[i] - begin)));
}

milliseconds ExpirySpread::next(milliseconds earliest) {
  const std::int64_t wanted = earliest.count() / 1000;
  auto& second = first_with_room_.try_emplace(wanted, wanted).first->second;
  while (true) {
    const auto bucket = bucket_of(second - now_);
    const auto room = per_second_ - existing_[bucket];
    if (room <= 0) {
      second = now_ + edges[bucket];  // only buckets with an end have existing keys
      continue;
    }
    auto& given = given_[second];
    if (given >= room) {
      ++second;
      continue;
    }
    const auto within = second == wanted ? earliest.count() % 1000 : 0;
    return milliseconds(second * 1000 + within + given++ * (1000 - within) / room);
  }
}

}  // namespace headroom::plan
