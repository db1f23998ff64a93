#include "base/quantity.h"

#include <array>
#include <charconv>
#include <string>

namespace headroom {
namespace {

constexpr std::uint64_t most_of_all = std::uint64_t{1} << 60U;

/// Takes a number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most_of_all) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

std::optional<std::uint64_t> milliseconds_of(std::string_view unit) {
  struct Unit {
    std::string_view name{};
    std::uint64_t milliseconds = 0;
  };
  constexpr std::array<Unit, 7> units{{{"", 1000},
                                       {"ms", 1},
                                       {"s", 1000},
                                       {"m", 60'000},
                                       {"h", 3'600'000},
                                       {"d", 86'400'000},
                                       {"w", 604'800'000}}};
  for (const auto& known : units)
    if (known.name == unit) return known.milliseconds;
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> read_bytes(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  auto unit = in_small_letters(text);
  if (unit.ends_with("ib")) unit.resize(unit.size() - 2);
  if (unit.ends_with('b')) unit.pop_back();
  if (unit.empty()) return Bytes{*number};
  constexpr std::string_view units = "kmgt";
  const auto power = units.find(unit);
  if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  const auto shift = 10 * (power + 1);
  if (*number > most_of_all >> shift) return std::nullopt;
  return Bytes{*number << shift};
}

std::optional<std::chrono::milliseconds> read_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  for (bool first = true; !text.empty(); first = false) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    text.remove_prefix(unit.size());
    if (unit.empty() && !first) return std::nullopt;
    const auto each = milliseconds_of(unit);
    if (!each || *number > most_of_all / *each) return std::nullopt;
    sum += *number * *each;
    if (sum > most_of_all) return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(sum));
}

}  // namespace headroom
