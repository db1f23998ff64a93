#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace headroom {

/// The number whose little-endian bytes begin at `at`; no alignment needed. Needs: sizeof(T) bytes there.
template <std::unsigned_integral T>
T little_endian(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    T turned = 0;
    for (std::size_t i = 0; i < sizeof value; ++i, value = static_cast<T>(value >> 8)) {
      turned = static_cast<T>(turned << 8 | (value & 0xff));
    }
    value = turned;
  }
  return value;
}

}  // namespace headroom
