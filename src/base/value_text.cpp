#include "base/value_text.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace headroom {
namespace {

bool digit(char byte) { return byte >= '0' && byte <= '9'; }
bool hex_digit(char byte) {
  return digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

// Bytes at which a walk through JSON stops.
enum Stop : std::uint8_t { in_value = 1, in_nested = 2 };
constexpr auto stops = [] {
  std::array<std::uint8_t, 256> kinds{};
  const auto mark = [&](std::string_view bytes, Stop kind) {
    for (const char byte : bytes) kinds[static_cast<unsigned char>(byte)] |= kind;
  };
  mark(",}]", in_value);
  mark("\"{}[]", in_nested);
  return kinds;
}();

/// Walks through the fields of one JSON object. It is no judge of JSON: of bytes that are none it finds
/// nothing or stops early.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view json) : text_(json) {}

  std::optional<std::string_view> find(std::string_view field) {
    if (!go_to(field)) return std::nullopt;
    return text();
  }

  std::optional<std::string_view> find_value(std::string_view field) {
    if (!go_to(field)) return std::nullopt;
    return value();
  }

  std::vector<std::string_view> items(std::size_t most) {
    std::vector<std::string_view> found;
    if (!take('[') || peek() == ']') return {};
    while (found.size() < most) {
      const auto item = value();
      if (!item) return {};
      found.push_back(*item);
      if (take(']')) return found;
      if (!take(',')) return {};
    }
    return {};
  }

 private:
  /// To behind the colon of a field.
  bool go_to(std::string_view field) {
    if (!take('{')) return false;
    while (true) {
      const auto name = text();
      if (!name || !take(':')) return false;
      if (*name == field) return true;
      if (!skip_value() || !take(',')) return false;
    }
  }
  std::optional<std::string_view> value() {
    peek();
    const std::size_t begin = at_;
    if (!skip_value()) return std::nullopt;
    auto whole = text_.substr(begin, at_ - begin);
    while (!whole.empty() && std::string_view(" \n\t\r").find(whole.back()) != std::string_view::npos)
      whole.remove_suffix(1);
    if (whole.empty()) return std::nullopt;
    return whole;
  }
  char peek() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  /// Goes to the next byte of a kind, or to the end.
  bool seek(Stop kind) {
    while (at_ < text_.size() && (stops[static_cast<unsigned char>(text_[at_])] & kind) == 0) ++at_;
    return at_ < text_.size();
  }
  /// Names of fields are short, a call would cost more than to look at eight bytes; other texts are most of
  /// what there is, and memchr() passes over them by whole registers.
  std::size_t next_quote() const {
    constexpr std::uint64_t ones = 0x0101010101010101, quotes = ones * '"';
    std::uint64_t bytes = 0;
    if (text_.size() - at_ < sizeof bytes) return text_.find('"', at_);
    std::memcpy(&bytes, text_.data() + at_, sizeof bytes);
    const std::uint64_t other = bytes ^ quotes;
    // Above the first zero byte others may seem to be zero; the lowest is right.
    const std::uint64_t found = (other - ones) & ~other & (ones << 7U);
    return found != 0 ? at_ + static_cast<std::size_t>(std::countr_zero(found)) / 8
                      : text_.find('"', at_ + sizeof bytes);
  }
  /// A text in quotes; the place is behind it afterwards. A quote with an odd number of backslashes before it
  /// belongs to the text.
  std::optional<std::string_view> text() {
    if (!take('"')) return std::nullopt;
    const std::size_t begin = at_;
    while (true) {
      const std::size_t quote = next_quote();
      if (quote == std::string_view::npos) return std::nullopt;
      std::size_t backslashes = 0;
      while (quote - backslashes > at_ && text_[quote - backslashes - 1] == '\\') ++backslashes;
      at_ = quote + 1;
      if (backslashes % 2 == 0) return text_.substr(begin, quote - begin);
    }
  }
  bool skip_value() {
    const char first = peek();
    if (first == '"') return text().has_value();
    if (first == '{' || first == '[') return skip_nested();
    return seek(in_value);
  }
  bool skip_nested() {
    std::size_t depth = 0;
    while (true) {
      if (!seek(in_nested)) return false;
      const char what = text_[at_];
      if (what == '"') {
        if (!text()) return false;
        continue;
      }
      ++at_;
      if (what == '{' || what == '[') {
        ++depth;
      } else if (--depth == 0) {
        return true;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Digits at a fixed place.
template <std::size_t count>
std::optional<int> digits(std::string_view text, std::size_t at) {
  if (at + count > text.size()) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!digit(text[at + i])) return std::nullopt;
    number = number * 10 + (text[at + i] - '0');
  }
  return number;
}

/// The offset behind the seconds and their fraction: "", "Z", "+05:30".
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
  if (text.empty() || text == "Z") return std::chrono::minutes(0);
  const auto hours = digits<2>(text, 1);
  const auto minutes = digits<2>(text, text.size() == 5 ? 3 : 4);
  if ((text[0] != '+' && text[0] != '-') || !hours || !minutes) return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<std::string_view> json_text(std::string_view json, std::string_view field) {
  return FieldWalk(json).find(field);
}

std::optional<std::string_view> json_value(std::string_view json, std::string_view field) {
  return FieldWalk(json).find_value(field);
}

std::vector<std::string_view> json_items(std::string_view json, std::size_t most) {
  return FieldWalk(json).items(most);
}

std::optional<std::chrono::milliseconds> instant_of(std::string_view iso) {
  using namespace std::chrono;
  const auto y = digits<4>(iso, 0), mo = digits<2>(iso, 5), d = digits<2>(iso, 8);
  const auto h = digits<2>(iso, 11), mi = digits<2>(iso, 14), s = digits<2>(iso, 17);
  if (!y || !mo || !d || !h || !mi || !s || iso[4] != '-' || iso[7] != '-' ||
      (iso[10] != 'T' && iso[10] != ' ') || iso[13] != ':' || iso[16] != ':')
    return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  std::size_t at = 19;
  milliseconds fraction{};
  if (at < iso.size() && iso[at] == '.') {
    const std::size_t begin = ++at;
    while (at < iso.size() && digit(iso[at])) ++at;
    for (int scale = 100, i = 0; i < 3 && begin + static_cast<std::size_t>(i) < at; ++i, scale /= 10)
      fraction += milliseconds((iso[begin + static_cast<std::size_t>(i)] - '0') * scale);
  }
  const auto offset = offset_of(iso.substr(at));
  if (!offset) return std::nullopt;
  return duration_cast<milliseconds>(sys_days(date).time_since_epoch()) + hours(*h) + minutes(*mi) +
         seconds(*s) + fraction - *offset;
}

std::size_t find_word(std::string_view name, std::string_view word, std::size_t rare) {
  for (std::size_t at = rare; at < name.size(); ++at) {
    const void* found = std::memchr(name.data() + at, word[rare], name.size() - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - name.data());
    if (name.substr(at - rare, word.size()) == word) return at - rare;
  }
  return std::string_view::npos;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!hex_digit(text[i]) && i != 8 && i != 13 && i != 18 && i != 23) return false;
  return true;
}

std::optional<std::string_view> before_uuid(std::string_view text) {
  if (text.size() < 36 || !is_uuid(text.substr(text.size() - 36))) return std::nullopt;
  return text.substr(0, text.size() - 36);
}

}  // namespace headroom
