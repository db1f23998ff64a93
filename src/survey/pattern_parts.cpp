#include "survey/pattern_parts.h"

#include <algorithm>

namespace headroom::survey {
namespace {

constexpr std::string_view separators = ".-_/|#@,= ";

std::size_t first_joint(std::string_view pattern) {
  const auto word = pattern.find_first_not_of(separators);
  return word == std::string_view::npos ? word : pattern.find_first_of(separators, word);
}

}  // namespace

PatternParts::PatternParts(std::string_view pattern) {
  const auto joint =
      pattern.find(':') == std::string_view::npos ? first_joint(pattern) : std::string_view::npos;
  if (joint != std::string_view::npos && pattern[0] != '{') {
    parts_[0] = {0, joint}, parts_[1] = {joint + 1, pattern.size()};
    size_ = 2;
    return;
  }
  std::size_t begin = 0;
  for (auto end = pattern.find(':'); end != std::string_view::npos && size_ + 1 < most_parts;
       end = pattern.find(':', begin)) {
    parts_[size_++] = {begin, end};
    begin = end + 1;
  }
  // The last part is where ids are: it is one of them however many stand before.
  parts_[size_++] = {std::max(begin, pattern.rfind(':') + 1), pattern.size()};
}

bool is_placeholder(std::string_view part) {
  return part.size() > 2 && part[0] == '{' && part[1] != '{' && part.find('}') == part.size() - 1;
}

}  // namespace headroom::survey
