#include "survey/fold.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace headroom::survey {
namespace {

enum Class : std::uint8_t { digit = 1, hex_letter = 2, letter = 4, separator = 8, brace = 16, colon = 32 };

constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = digit;
  for (const int base : {'a', 'A'})
    for (int i = 0; i < 26; ++i)
      table[static_cast<std::size_t>(base + i)] =
          static_cast<std::uint8_t>(i < 6 ? int{hex_letter} | int{letter} : int{letter});
  for (const char c : {'.', '-', '_', '/', '|', '#', '@', ',', '=', ' '})
    table[static_cast<std::uint8_t>(c)] = separator;
  table['{'] = table['}'] = brace;
  table[':'] = colon;
  return table;
}();

std::uint8_t class_of(char c) { return classes[static_cast<std::uint8_t>(c)]; }

/// A run of bytes between separators.
struct Word {
  std::string_view text{};
  bool all_digits = true, all_hex = true, plain = true, has_digit = false, has_letter = false,
       has_brace = false;
  int changes = 0;  // from digits to letters and back: a name before a year has one, a random token many
};

Word read_word(std::string_view rest) {
  Word word;
  std::size_t size = 0;
  for (; size < rest.size(); ++size) {
    const auto kind = class_of(rest[size]);
    if ((kind & separator) != 0) break;
    word.all_digits &= (kind & digit) != 0;
    word.all_hex &= (kind & (digit | hex_letter)) != 0;
    word.plain &= (kind & (digit | letter)) != 0;
    word.has_digit |= (kind & digit) != 0;
    word.has_letter |= (kind & letter) != 0;
    word.has_brace |= (kind & brace) != 0;
    word.changes += size > 0 && ((kind ^ class_of(rest[size - 1])) & digit) != 0 ? 1 : 0;
  }
  word.text = rest.substr(0, size);
  return word;
}

/// Whether `text` begins with groups of digits (hex when asked) of the given lengths, joined by `joint`, and
/// ends or breaks there.
template <std::size_t n>
bool begins_with_groups(std::string_view text, const std::array<std::size_t, n>& lengths, char joint,
                        bool hex) {
  std::size_t at = 0;
  for (std::size_t group = 0; group < n; ++group) {
    if (group > 0 && (at >= text.size() || text[at++] != joint)) return false;
    if (text.size() - at < lengths[group]) return false;
    for (const auto end = at + lengths[group]; at < end; ++at)
      if ((class_of(text[at]) & (hex ? int{digit} | int{hex_letter} : int{digit})) == 0) return false;
  }
  return at == text.size() || (class_of(text[at]) & (digit | letter)) == 0;
}

constexpr std::size_t uuid_size = 36, date_size = 10;
bool begins_with_uuid(std::string_view text) {
  return begins_with_groups(text, std::array<std::size_t, 5>{8, 4, 4, 4, 12}, '-', true);
}
bool begins_with_date(std::string_view text) {
  return begins_with_groups(text, std::array<std::size_t, 3>{4, 2, 2}, '-', false);
}

bool is_ip(std::string_view segment) {
  int dots = 0, digits = 0;
  for (const char c : segment) {
    if (c == '.' && digits > 0)
      ++dots, digits = 0;
    else if ((class_of(c) & digit) == 0 || ++digits > 3)
      return false;
  }
  return dots == 3 && digits > 0;
}

bool is_email(std::string_view segment) {
  const auto at = segment.find('@');
  if (at == std::string_view::npos || at == 0 || segment.find('@', at + 1) != std::string_view::npos)
    return false;
  const auto dot = segment.find('.', at);
  return dot != std::string_view::npos && dot > at + 1 && dot + 1 < segment.size() &&
         segment.find(' ') == std::string_view::npos;
}

/// What stands for the word, or nothing when it is not an id.
std::string_view placeholder_of(const Word& word) {
  constexpr std::size_t long_number = 9, shortest_hex = 16, shortest_token = 20;
  const auto size = word.text.size();
  if (word.all_digits) return size >= long_number ? "{n}" : "";
  if (word.all_hex && word.has_digit && size >= shortest_hex) return "{hex}";
  if (word.plain && word.has_letter && word.changes >= 3 && size >= shortest_token) return "{token}";
  return "";
}

bool add_literal(const Word& word, FoldedName& out) {
  if (!word.has_brace) return out.add(word.text);
  for (const char c : word.text) {
    const char twice[] = {c, c};
    if (!out.add({twice, c == '{' || c == '}' ? 2U : 1U})) return false;
  }
  return true;
}

bool fold_words(std::string_view segment, FoldedName& out) {
  while (!segment.empty()) {
    const auto word = read_word(segment);
    std::size_t used = word.text.size();
    bool fits = true;
    if (used == 8 && word.all_hex && begins_with_uuid(segment)) {
      used = uuid_size;
      fits = out.add("{uuid}");
    } else if (used == 4 && word.all_digits && begins_with_date(segment)) {
      used = date_size;
      fits = out.add("{date}");
    } else if (const auto placeholder = placeholder_of(word); !placeholder.empty()) {
      fits = out.add(placeholder);
    } else {
      fits = add_literal(word, out);
    }
    segment.remove_prefix(used);
    if (!fits) return false;
    if (!segment.empty() && (class_of(segment[0]) & separator) != 0) {
      if (!out.add(segment.substr(0, 1))) return false;
      segment.remove_prefix(1);
    }
  }
  return true;
}

bool fold_segment(std::string_view segment, FoldedName& out) {
  if (segment.empty()) return true;
  const auto first = class_of(segment[0]);
  if ((first & digit) != 0) {
    if (std::all_of(segment.begin(), segment.end(), [](char c) { return (class_of(c) & digit) != 0; }))
      return out.add("{n}");
    if (segment.size() <= 15 && is_ip(segment)) return out.add("{ip}");
  }
  if (segment.size() <= longest_pattern && std::memchr(segment.data(), '@', segment.size()) != nullptr &&
      is_email(segment))
    return out.add("{email}");
  return fold_words(segment, out);
}

}  // namespace

bool FoldedName::add(std::string_view more) {
  if (size_ + more.size() > longest_pattern) return false;
  std::memcpy(bytes_.data() + size_, more.data(), more.size());
  size_ += more.size();
  return true;
}

void FoldedName::cut_at(std::size_t size) {
  constexpr std::string_view mark = "{long}";
  static_assert(mark.size() <= 16, "the array has so many bytes to spare");
  std::memcpy(bytes_.data() + size, mark.data(), mark.size());
  size_ = size + mark.size();
}

void fold(std::string_view key, FoldedName& out) {
  out.clear();
  while (true) {
    const auto end = std::min(key.find(':'), key.size());
    const auto before = out.size();
    if (!fold_segment(key.substr(0, end), out)) return out.cut_at(before);
    if (end == key.size()) return;
    if (!out.add(":")) return out.cut_at(out.size());
    key.remove_prefix(end + 1);
  }
}

}  // namespace headroom::survey
