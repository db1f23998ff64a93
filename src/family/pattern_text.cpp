#include "family/pattern_text.h"

#include <algorithm>

namespace headroom::family {
namespace {

/// Where the segment with this number begins; the end of the text when there are fewer.
std::size_t segment_start(std::string_view text, std::size_t number) {
  std::size_t at = 0;
  for (; number > 0; --number) {
    at = text.find(':', at);
    if (at == std::string_view::npos) return text.size();
    ++at;
  }
  return at;
}

}  // namespace

std::string doubled_braces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    out += byte;
    if (byte == '{' || byte == '}') out += byte;
  }
  return out;
}

std::string plain_where_exact(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool brace = pattern[i] == '{' || pattern[i] == '}';
    if (brace && (i + 1 == pattern.size() || pattern[i + 1] != pattern[i])) return pattern;
    out += pattern[i];
    if (brace) ++i;
  }
  return out;
}

std::string aligned_pattern(const PatternGroup& group) {
  const auto colons = [](std::string_view text) { return std::count(text.begin(), text.end(), ':'); };
  return colons(group.pattern) == colons(group.example) ? group.pattern : doubled_braces(group.example);
}

std::string lead_in_pattern(std::string_view pattern, std::string_view example, std::size_t lead,
                            const Shape& shape) {
  const auto inside = example.substr(0, lead);
  const auto segments = static_cast<std::size_t>(std::count(inside.begin(), inside.end(), ':'));
  const auto start = segment_start(pattern, segments);
  const auto end = std::min(pattern.find(':', start), pattern.size());
  if (lead == example.size() || example[lead] == ':') return std::string(pattern.substr(0, end));
  if (inside.empty() || inside.back() == ':') return std::string(pattern.substr(0, start));
  // The lead ends within a segment. What follows it there is literal in the shape, and so in the pattern.
  const auto literal = std::string_view(shape.literal()).substr(0, shape.literal().find(':'));
  const auto segment = pattern.substr(start, end - start);
  const auto at = shape.literal_first() ? segment.find(doubled_braces(literal)) : std::string_view::npos;
  if (at != std::string_view::npos) return std::string(pattern.substr(0, start + at));
  return std::string(pattern.substr(0, start)) + doubled_braces(inside.substr(inside.rfind(':') + 1));
}

}  // namespace headroom::family
