#include "act/duty.h"

#include <algorithm>

namespace headroom::act {
namespace {

// So few take a server some 0.1 ms (safety.md 2.7). When they take longer, the time is the server's own (it
// syncs its AOF, others keep it busy), and halving what we send would only double our share of it.
constexpr std::size_t least_units = 16;
constexpr std::size_t most_units = 100;  // APPLY-3: gain ends there, blocking does not (safety.md 2.4)
// So that a rest that came out longer than asked for is made up, and a long pause is no leave to burst.
constexpr Duty::Span most_credit = std::chrono::milliseconds(5);
// Each rest puts the server's processor to sleep and its caches go to others: the first request after one
// takes 0.15 ms longer (decision 015). So: some batches, then the rest of all.
constexpr Duty::Span least_rest = std::chrono::milliseconds(50);

}  // namespace

Duty::Duty(double share, Span target, Span most, std::size_t first, Time now)
    : share_(share),
      target_(target),
      most_(most),
      batch_(std::clamp<std::size_t>(first, 1, most_units)),
      each_(cost_that_allows(batch_)),
      seen_(now) {}

void Duty::served(Span busy, std::size_t units) {
  busy_ += busy;
  owed_ += std::chrono::duration_cast<Span>(busy * ((1 - share_) / share_));
  if (units == 0) return;
  const auto least = std::min(batch_, least_units);
  if (busy > most_) {
    batch_ = std::max(least, batch_ / 2);
    each_ = cost_that_allows(batch_);
  } else if (busy > target_ || units * 2 >= batch_) {  // a smaller one that took little proves nothing
    each_ += (static_cast<double>(busy.count()) / static_cast<double>(units) - each_) / 8;
    const auto fits = static_cast<std::size_t>(static_cast<double>(target_.count()) / std::max(each_, 1.0));
    batch_ = std::clamp(fits, least, std::min(most_units, batch_ + std::max<std::size_t>(1, batch_ / 8)));
  }
}

double Duty::cost_that_allows(std::size_t units) const {
  return static_cast<double>(target_.count()) / static_cast<double>(units);
}

bool Duty::rest_due() const { return resting_ || owed_ >= least_rest; }

Duty::Span Duty::rest(Time now) {
  const Span passed = now - seen_;
  owed_ = std::max(owed_ - std::max(passed - busy_, Span{}), -most_credit);
  seen_ = now, busy_ = Span{};
  resting_ = rest_due() && owed_ > Span{};  // begun, it is taken to its end
  return resting_ ? owed_ : Span{};
}

}  // namespace headroom::act
