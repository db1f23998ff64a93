#include "base/glob.h"

#include <algorithm>

namespace headroom {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Reads the class whose first byte behind the bracket is at `at`, and moves behind its end.
bool class_holds(std::string_view pattern, std::size_t& at, unsigned char byte) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found |= byte_at(pattern, at) == byte;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      const auto [low, high] = std::minmax({byte_at(pattern, at), byte_at(pattern, at + 2)});
      found |= low <= byte && byte <= high;
      at += 2;
    } else {
      found |= byte_at(pattern, at) == byte;
    }
  }
  if (at < pattern.size()) ++at;  // the bracket that closes
  return found != negated;
}

/// Matches the one item of the pattern at `at`, which is no star, and moves behind it.
bool item_matches(std::string_view pattern, std::size_t& at, unsigned char byte) {
  const char first = pattern[at++];
  if (first == '?') return true;
  if (first == '[') return class_holds(pattern, at, byte);
  if (first == '\\' && at < pattern.size()) return byte_at(pattern, at++) == byte;
  return static_cast<unsigned char>(first) == byte;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr auto none = std::string_view::npos;
  std::size_t at = 0, read = 0, behind_star = none, star_read = 0;
  while (read < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at, star_read = read;
      continue;
    }
    if (at < pattern.size() && item_matches(pattern, at, byte_at(text, read))) {
      ++read;
      continue;
    }
    if (behind_star == none) return false;
    // Only the last star may take more: what stands before it fits already.
    at = behind_star, read = ++star_read;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace headroom
