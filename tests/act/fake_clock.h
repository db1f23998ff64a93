#pragma once

#include <memory>

#include "act/clock.h"

namespace headroom::act::test {

/// Time that passes only when told to, and when somebody sleeps. `on_sleep` sees each moment of waiting.
struct FakeClock {
  struct Now {
    std::chrono::nanoseconds steady{1'000'000'000'000}, wall{1'700'000'000'000'000'000}, slept{};
    std::function<void()> on_sleep{};
  };
  std::shared_ptr<Now> now = std::make_shared<Now>();

  void pass(std::chrono::nanoseconds length) { now->steady += length, now->wall += length; }
  Clock clock() const {
    return {[t = now] { return std::chrono::steady_clock::time_point(t->steady); },
            [t = now] { return std::chrono::system_clock::time_point(t->wall); },
            [t = now](std::chrono::nanoseconds length) {
              t->steady += length, t->wall += length, t->slept += length;
              if (t->on_sleep) t->on_sleep();
            }};
  }
};

}  // namespace headroom::act::test
