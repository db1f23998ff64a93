#include "base/fold_digits.h"

namespace headroom {

std::string fold_digits(std::string_view pattern) {
  std::string out;
  bool in_placeholder = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char byte = pattern[i];
    const bool brace = byte == '{' || byte == '}';
    if (brace && i + 1 < pattern.size() && pattern[i + 1] == byte) {
      out.append(2, byte), ++i;
      continue;
    }
    if (brace) in_placeholder = byte == '{';
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (in_placeholder || !is_digit(byte)) {
      out += byte;
      continue;
    }
    while (i + 1 < pattern.size() && is_digit(pattern[i + 1])) ++i;
    out += "{n}";
  }
  return out;
}

}  // namespace headroom
