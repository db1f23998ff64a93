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
// Shorter ones are mostly waking up, of this machine and of the server's: some batches, then the rest of all.
constexpr Duty::Span least_rest = std::chrono::milliseconds(10);

}  // namespace

Duty::Duty(double share, Span target, Span most, std::size_t first, Time now)
    : share_(share),
      target_(target),
      most_(most),
      batch_(std::clamp<std::size_t>(first, 1, most_units)),
      seen_(now) {}

void Duty::served(Span busy, std::size_t units) {
  busy_ += busy;
  owed_ += std::chrono::duration_cast<Span>(busy * ((1 - share_) / share_));
  if (units == 0) return;
  if (busy > most_) {
    batch_ = std::max(std::min(batch_, least_units), batch_ / 2);
  } else if (busy > target_) {
    const double fits = static_cast<double>(units) *
                        (static_cast<double>(target_.count()) / static_cast<double>(busy.count()));
    batch_ = std::clamp(static_cast<std::size_t>(fits), std::max(std::min(batch_, least_units), batch_ / 2),
                        batch_);
  } else if (units * 2 >= batch_) {  // a smaller one proves nothing
    batch_ = std::min(most_units, batch_ + std::max<std::size_t>(1, batch_ / 8));
  }
}

bool Duty::rest_due() const { return owed_ >= least_rest; }

Duty::Span Duty::rest(Time now) {
  const Span passed = now - seen_;
  owed_ = std::max(owed_ - std::max(passed - busy_, Span{}), -most_credit);
  seen_ = now, busy_ = Span{};
  return rest_due() ? owed_ : Span{};
}

}  // namespace headroom::act
