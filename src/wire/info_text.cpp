#include "wire/info_text.h"

#include <charconv>
#include <cmath>

namespace headroom::wire {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes the first line off `rest`, without its end.
std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The number behind `name` in "keys=12,expires=3,avg_ttl=0".
std::optional<std::uint64_t> number_in_list(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view entry = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return whole_number<std::uint64_t>(entry.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::optional<Keyspace> keyspace_line(std::string_view line) {
  const auto colon = line.find(':');
  if (!line.starts_with("db") || colon == std::string_view::npos) return std::nullopt;
  const auto db = whole_number<std::uint32_t>(line.substr(2, colon - 2));
  const auto keys = number_in_list(line.substr(colon + 1), "keys");
  if (!db || !keys) return std::nullopt;
  return Keyspace{*db, *keys, number_in_list(line.substr(colon + 1), "expires").value_or(0)};
}

}  // namespace

std::string_view InfoText::text(std::string_view field) const {
  for (std::string_view rest = text_; !rest.empty();) {
    const std::string_view line = next_line(rest);
    if (line.starts_with(field) && line.substr(field.size()).starts_with(':'))
      return line.substr(field.size() + 1);
  }
  return {};
}

std::optional<std::uint64_t> InfoText::number(std::string_view field) const {
  return whole_number<std::uint64_t>(text(field));
}

std::optional<double> InfoText::real(std::string_view field) const {
  const auto value = whole_number<double>(text(field));
  return value && std::isfinite(*value) && *value >= 0 ? value : std::nullopt;
}

std::vector<Keyspace> InfoText::keyspace() const {
  std::vector<Keyspace> out;
  for (std::string_view rest = text_; !rest.empty();)
    if (const auto entry = keyspace_line(next_line(rest));
        entry && (out.empty() || entry->db > out.back().db))
      out.push_back(*entry);
  return out;
}

}  // namespace headroom::wire
