#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/character.h"
#include "base/hash.h"

namespace headroom {
namespace {

enum class Backslash : bool { kept, doubled };

std::string code_escape(const Character& character) {
  if (!character.valid || character.code < 0x80)
    return fmt::format("\\x{:02x}", static_cast<std::uint32_t>(character.code));
  return fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(character.code));
}

std::string made_visible(std::string_view bytes, Backslash backslash) {
  std::string out;
  out.reserve(bytes.size());
  bool has_base = false;  // something stands before that a combining mark may be drawn onto
  for (std::size_t at = 0; at < bytes.size();) {
    const Character character = read_character(bytes.substr(at));
    const bool loose_mark = !has_base && is_combining(character.code);
    has_base = character.valid && !is_unseen(character.code) && !loose_mark;
    if (character.code == '\\' && backslash == Backslash::doubled)
      out += "\\\\";
    else if (has_base)
      out += bytes.substr(at, character.length);
    else
      out += code_escape(character);
    at += character.length;
  }
  return out;
}

// The characters of valid text in order, each with its combining marks; a byte that is not UTF-8 stands
// alone.
struct Cluster {
  std::string_view bytes{};
  std::size_t columns = 0;
};
std::vector<Cluster> clusters(std::string_view text) {
  std::vector<Cluster> out;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = read_character(text.substr(at));
    const auto wide = static_cast<std::size_t>(character.valid ? columns(character.code) : 1);
    if (wide == 0 && !out.empty())
      out.back().bytes = {out.back().bytes.data(), out.back().bytes.size() + character.length};
    else
      out.push_back({text.substr(at, character.length), wide});
    at += character.length;
  }
  return out;
}

// How many clusters, walked from `begin`, fit into `width`.
template <class Iterator>
Iterator fitting(Iterator begin, Iterator end, std::size_t width) {
  for (; begin != end && begin->columns <= width; ++begin) width -= begin->columns;
  return begin;
}

// Puts one word into `lines`, on the last line if it fits there.
void place_word(std::vector<std::string>& lines, std::string_view word, std::size_t width) {
  const std::size_t used = display_width(lines.back());
  const std::size_t wanted = display_width(word);
  if (used != 0 && used + 1 + wanted <= width) {
    lines.back().append(" ").append(word);
    return;
  }
  if (used != 0) lines.emplace_back();
  for (const Cluster& cluster : clusters(word)) {
    if (!lines.back().empty() && display_width(lines.back()) + cluster.columns > width) lines.emplace_back();
    lines.back() += cluster.bytes;
  }
}

std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

struct Calendar {
  std::chrono::year_month_day date{};
  std::chrono::hh_mm_ss<std::chrono::milliseconds> time{};
};
Calendar calendar(std::chrono::milliseconds since_epoch) {
  // Ages come from scores that strangers wrote; the last moment of 9999 is the last one with a four-digit
  // year.
  constexpr std::chrono::milliseconds last{253402300799999};
  const std::chrono::sys_time<std::chrono::milliseconds> moment{
      std::clamp(since_epoch, std::chrono::milliseconds{0}, last)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{moment - day}};
}
std::string date_text(const Calendar& moment) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(moment.date.year()),
                     static_cast<unsigned>(moment.date.month()), static_cast<unsigned>(moment.date.day()));
}
std::string time_text(const Calendar& moment) {
  return fmt::format("{:02}:{:02}:{:02}", moment.time.hours().count(), moment.time.minutes().count(),
                     moment.time.seconds().count());
}

// The two largest units of a whole number of seconds that is at least a minute.
std::string two_units(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> units{{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  std::size_t largest = 0;
  while (units[largest].seconds > seconds) ++largest;
  const std::int64_t count = seconds / units[largest].seconds;
  const std::int64_t rest = seconds % units[largest].seconds / units[largest + 1].seconds;
  if (rest == 0) return fmt::format("{} {}", count, units[largest].name);
  return fmt::format("{} {} {} {}", count, units[largest].name, rest, units[largest + 1].name);
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const Character character = read_character(bytes.substr(at));
    if (!character.valid) return false;
    at += character.length;
  }
  return true;
}

std::string escaped(std::string_view bytes) { return made_visible(bytes, Backslash::doubled); }

std::string printable(std::string_view text) { return made_visible(text, Backslash::kept); }

std::string escape_for_terminal(std::string_view bytes) {
  std::string visible = escaped(bytes);
  if (!visible.empty() && visible.front() != '"' && visible.find(' ') == std::string::npos) return visible;
  std::string quoted = "\"";
  for (const char c : visible) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string fingerprint(std::string_view bytes) { return fmt::format("{:016x}", hash_bytes(bytes)); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i)
      three = (three << 8U) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += at + i <= bytes.size() ? digits[(three >> (18U - 6U * i)) & 0x3FU] : '=';
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = read_character(text.substr(at));
    width += static_cast<std::size_t>(character.valid ? columns(character.code) : 1);
    at += character.length;
  }
  return width;
}

std::string truncate_middle(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  const std::vector<Cluster> parts = clusters(text);
  const std::size_t tail_width = (width - 1) / 2;
  const auto head = fitting(parts.begin(), parts.end(), width - 1 - tail_width);
  const auto tail = fitting(parts.rbegin(), parts.rend(), tail_width).base();
  std::string out;
  for (auto part = parts.begin(); part != head; ++part) out += part->bytes;
  out += "…";
  for (auto part = tail; part != parts.end(); ++part) out += part->bytes;
  return out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  if (width == 0 || display_width(text) <= width) return {std::string(text)};
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t blank = std::min(text.find(' ', at), text.size());
    if (blank != at) place_word(lines, text.substr(at, blank - at), width);
    at = blank + 1;
  }
  return lines;
}

std::string human_bytes(Bytes bytes) {
  constexpr std::array<std::string_view, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes.count < 1024) return fmt::format("{} B", bytes.count);
  auto value = static_cast<double>(bytes.count);
  std::size_t unit = 0;
  // 1023.5 and above would round to a four-digit "1024".
  for (; value >= 1023.5 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

std::string human_count(std::uint64_t count) {
  const std::string digits = fmt::format("{}", count);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ' ';
    out += digits[i];
  }
  return out;
}

std::string human_share(double of_one) {
  const double percent = of_one * 100;
  if (!std::isfinite(percent)) return "?";
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  std::string number = fmt::format("{:.1f}", percent);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + " %";
}

std::string human_duration(std::chrono::milliseconds length) {
  const std::int64_t ms = length.count();
  if (ms == 0) return "0 s";
  if (ms < 0) return "-" + human_duration(std::chrono::milliseconds{-std::max(ms, -INT64_MAX)});
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms >= 60000) return two_units(ms / 1000);
  const std::int64_t tenths = ms / 100;
  return tenths % 10 == 0 ? fmt::format("{} s", tenths / 10)
                          : fmt::format("{}.{} s", tenths / 10, tenths % 10);
}

std::string human_instant(std::chrono::milliseconds since_epoch) {
  const Calendar moment = calendar(since_epoch);
  return fmt::format("{} {} UTC", date_text(moment), time_text(moment));
}

std::string iso_instant(std::chrono::milliseconds since_epoch) {
  const Calendar moment = calendar(since_epoch);
  const std::int64_t ms = moment.time.subseconds().count();
  const std::string fraction = ms == 0 ? "" : fmt::format(".{:03}", ms);
  return fmt::format("{}T{}{}Z", date_text(moment), time_text(moment), fraction);
}

}  // namespace headroom
