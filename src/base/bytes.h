#pragma once

#include <compare>
#include <cstdint>

namespace headroom {

/// A count of bytes. Its own type so that keys, elements and bytes are never added to one another.
struct Bytes {
  std::uint64_t count = 0;

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
  // Stops at zero: a key may shrink between two looks, and one wrapped difference swallows every total above
  // it.
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return {a.count > b.count ? a.count - b.count : 0}; }
  constexpr Bytes& operator+=(Bytes other) {
    count += other.count;
    return *this;
  }
};

}  // namespace headroom
