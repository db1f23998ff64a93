#pragma once

#include <chrono>
#include <functional>

namespace headroom::act {

/// Passed in so that tests need no real time. All must be set; real_clock() does.
struct Clock {
  std::function<std::chrono::steady_clock::time_point()> now{};
  /// Goes on while a machine sleeps, which `now` does not, and may be set to anything by anybody.
  std::function<std::chrono::system_clock::time_point()> wall{};
  std::function<void(std::chrono::nanoseconds)> sleep{};
};
Clock real_clock();

}  // namespace headroom::act
