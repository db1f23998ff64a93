#pragma once

#include <cmath>
#include <cstdint>
#include <string>

namespace headroom::bench {

/// Random numbers that are the same on every machine for the same seed (splitmix64); the standard's
/// distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In [0, limit). Needs: limit > 0. The bias of the remainder is far below what any benchmark sees.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  /// In [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  /// In [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return share() < probability; }
  /// Pareto with exponent 1.1: most values near `low`, a few near `high`. Sizes of real keys look like that.
  std::uint64_t heavy_tail(std::uint64_t low, std::uint64_t high) {
    const double value = static_cast<double>(low) * std::pow(1.0 - share(), -1 / 1.1);
    return value < static_cast<double>(high) ? static_cast<std::uint64_t>(value) : high;
  }
  /// A version 4 UUID in its usual spelling.
  std::string uuid() {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
    std::uint64_t bits = 0;
    int left = 0;
    for (char& c : text) {
      if (c != 'x') continue;
      if (left == 0) bits = next(), left = 16;
      c = digits[bits & 15];
      bits >>= 4, --left;
    }
    return text;
  }

 private:
  std::uint64_t state_;
};

}  // namespace headroom::bench
