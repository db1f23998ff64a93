#include "act/clock.h"

#include <thread>

namespace headroom::act {

Clock real_clock() {
  return {[] { return std::chrono::steady_clock::now(); }, [] { return std::chrono::system_clock::now(); },
          [](std::chrono::nanoseconds length) { std::this_thread::sleep_for(length); }};
}

}  // namespace headroom::act
