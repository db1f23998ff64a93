#include "source/rdb/number_text.h"

#include <charconv>
#include <limits>

namespace headroom::source::rdb {

std::optional<std::int64_t> canonical_integer(std::string_view text) {
  // The longest is "-9223372036854775808". Most texts are no numbers, and most of those begin or end
  // otherwise.
  if (text.empty() || text.size() > 20 || text.front() > '9' || text.back() < '0' || text.back() > '9')
    return std::nullopt;
  const bool negative = text.front() == '-';
  if (text == "0") return 0;
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.front() < '1' || digits.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> score_of_text(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> old_score(std::uint8_t length, std::string_view text) {
  switch (length) {
    case 253:
      return std::numeric_limits<double>::quiet_NaN();
    case 254:
      return std::numeric_limits<double>::infinity();
    case 255:
      return -std::numeric_limits<double>::infinity();
    default:
      return score_of_text(text);
  }
}

}  // namespace headroom::source::rdb
