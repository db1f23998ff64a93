#include "plan/keys/recency.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace headroom::plan::keys {
namespace {

// 64 bins for each doubling: one second each up to 64 s, about 1 % of the age above.
std::size_t bin_of(std::chrono::seconds age) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0));
  if (seconds < 64) return seconds;
  const auto doublings = static_cast<unsigned>(std::bit_width(seconds)) - 7U;
  return 64U * (doublings + 1U) + ((seconds >> (doublings)) & 63U);
}

}  // namespace

void Recency::add(std::chrono::seconds age, Bytes bytes) {
  const auto bin = bin_of(age);
  if (bin >= bins_.size()) bins_.resize(bin + 1);
  ++bins_[bin].keys;
  bins_[bin].bytes += bytes.count;
}

void Recency::settle(std::optional<Bytes> bytes, std::optional<std::uint64_t> count) {
  constexpr auto all = std::numeric_limits<std::uint64_t>::max();
  left_ = {count.value_or(all), bytes ? bytes->count : all};
  for (last_ = 0; last_ < bins_.size(); ++last_) {
    if (bins_[last_].keys > left_.keys || bins_[last_].bytes > left_.bytes) return;
    left_.keys -= bins_[last_].keys;
    left_.bytes -= bins_[last_].bytes;
  }
}

bool Recency::stays(std::chrono::seconds age, Bytes bytes) {
  const auto bin = bin_of(age);
  if (bin != last_) return bin < last_;
  if (left_.keys == 0 || bytes.count > left_.bytes) return false;
  --left_.keys;
  left_.bytes -= bytes.count;
  return true;
}

}  // namespace headroom::plan::keys
