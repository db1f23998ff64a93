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
  /// What is still to be rested at `now`; zero: go on. Rests of less than 10 ms are saved up.
  Span rest(Time now);
  /// Whether there was one to be taken when it was last looked or served.
  bool rest_due() const;
  /// Units that one script may carry: fewer when the last one took longer than the target, half as many
  /// when it took longer than the most, slowly more when it took less. Not fewer than 16 by that: the time is
  /// not ours then.
  std::size_t batch() const { return batch_; }

  void set_share(double share) { share_ = share; }
  double share() const { return share_; }

 private:
  double share_;
  Span target_, most_;
  std::size_t batch_;
  Span owed_{}, busy_{};  ///< busy_: since `seen_`
  Time seen_;
};

}  // namespace headroom::act
