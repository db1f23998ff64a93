#include "act/execute/server_clock.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace headroom::act {

using std::chrono::steady_clock;

std::optional<ServerClock::Micros> ServerClock::heard(const wire::Reply& time) {
  if (time.items.size() != 2) return std::nullopt;
  const auto part = [&](std::size_t i) { return std::strtoll(time.items[i].text.c_str(), nullptr, 10); };
  server_ = part(0) * 1'000 + part(1) / 1'000;
  heard_ = steady_clock::now();
  return Micros(part(0) * 1'000'000 + part(1));
}

std::int64_t ServerClock::now() const {
  return server_ +
         std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - heard_).count();
}

void ServerClock::worked(Micros begin, Micros end) {
  constexpr Micros longest = std::chrono::minutes(10);  // more is a clock that was set
  const auto length = end - std::max(begin, last_end_);
  if (length > Micros{} && length < longest) since_.at_work += length;
  last_end_ = end;
}

Served ServerClock::take(std::size_t units) {
  since_.units = units;
  return std::exchange(since_, {});
}

}  // namespace headroom::act
