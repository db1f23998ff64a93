#pragma once

#include <chrono>
#include <cstddef>

namespace headroom::act {

/// How long to rest and how much to send, from how long requests were with the server. Pure: time is told.
///
/// Rest: three times the busy time at a duty of 25 %. Whatever else passes between two requests, our own
/// work and syncs included, is rest too, because nothing of ours is with the server then.
class Duty {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::nanoseconds;

  Duty(double share, Span target, Span most, std::size_t first, Time now);

  void served(Span busy, std::size_t units);
  /// What is still to be rested at `now`; zero: go on. Rests of less than 50 ms are saved up.
  Span rest(Time now);
  /// Whether there was one to be taken when it was last looked or served.
  bool rest_due() const;
  /// Units that one script may carry: as many as take the target by the mean of the last ones (a single slow
  /// one may be the machine's doing), half as many when one took longer than the most. Not fewer than 16 by
  /// that: the time is not ours then.
  std::size_t batch() const { return batch_; }

  void set_share(double share) { share_ = share; }
  double share() const { return share_; }

 private:
  double cost_that_allows(std::size_t units) const;

  double share_;
  Span target_, most_;
  std::size_t batch_;
  double each_;           ///< ns that a unit takes, smoothed
  Span owed_{}, busy_{};  ///< busy_: since `seen_`
  Time seen_;
  bool resting_ = false;
};

}  // namespace headroom::act
