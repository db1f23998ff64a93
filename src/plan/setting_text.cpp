#include "plan/setting_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/quantity.h"

namespace headroom::plan {
namespace {

struct Unit {
  std::string_view name{};
  std::uint64_t size = 0;
};

constexpr std::array units_of_time{Unit{"d", 86'400}, Unit{"h", 3'600}, Unit{"m", 60}, Unit{"s", 1}};
constexpr std::array units_of_size{Unit{"TiB", std::uint64_t{1} << 40U}, Unit{"GiB", std::uint64_t{1} << 30U},
                                   Unit{"MiB", std::uint64_t{1} << 20U}, Unit{"KiB", std::uint64_t{1} << 10U},
                                   Unit{"B", 1}};

template <std::size_t count>
std::string in_largest_unit(std::uint64_t amount, const std::array<Unit, count>& units) {
  for (const auto& unit : units)
    if (amount >= unit.size && amount % unit.size == 0)
      return fmt::format("\"{}{}\"", amount / unit.size, unit.name);
  return fmt::format("\"0{}\"", units.back().name);
}

constexpr std::array<std::pair<Removal, std::string_view>, 3> removals{
    {{Removal::ttl, "ttl"}, {Removal::quarantine, "quarantine"}, {Removal::journal, "journal"}}};

bool ends_in_digit(std::string_view text) {
  return !text.empty() && text.back() >= '0' && text.back() <= '9';
}

}  // namespace

std::optional<std::chrono::seconds> read_seconds(std::string_view text) {
  const auto length = ends_in_digit(text) ? std::nullopt : read_duration(text);
  if (!length || length->count() % 1000 != 0) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*length);
}

std::optional<Bytes> read_size(std::string_view text) {
  return ends_in_digit(text) ? std::nullopt : read_bytes(text);
}

std::optional<double> read_percent(std::string_view text) {
  if (!text.ends_with('%') || text.front() < '0' || text.front() > '9') return std::nullopt;
  text.remove_suffix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(number <= 1e6)) return std::nullopt;
  return std::round(number * 1e4) / 1e6;
}

std::optional<Removal> read_removal(std::string_view text) {
  for (const auto& [value, word] : removals)
    if (word == text) return value;
  return std::nullopt;
}

std::string written(bool value) { return value ? "true" : "false"; }
std::string written(std::chrono::seconds value) {
  return in_largest_unit(static_cast<std::uint64_t>(value.count()), units_of_time);
}
std::string written(Bytes value) { return in_largest_unit(value.count, units_of_size); }
std::string written(std::uint64_t value) { return fmt::format("{}", value); }
std::string written(std::uint32_t value) { return fmt::format("{}", value); }

std::string written(double share) {
  auto number = fmt::format("{:.4f}", share * 100);
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return "\"" + number + "%\"";
}

std::string written(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      text += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      text += fmt::format("\\u{:04X}", byte);
    else
      text += c;
  }
  return text + '"';
}

std::string written(const std::vector<std::string>& value) {
  std::string text;
  for (const auto& one : value) text += (text.empty() ? "" : ", ") + written(one);
  return "[" + text + "]";
}

std::string written(Removal value) {
  for (const auto& [known, word] : removals)
    if (known == value) return fmt::format("\"{}\"", word);
  return {};
}

std::string written(const Retention& value) {
  std::string text;
  for (const auto& setting : retention_settings())
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", setting.name, written(value, setting));
  return "{ " + text + " }";
}

}  // namespace headroom::plan
