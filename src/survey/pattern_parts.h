#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace headroom::survey {

/// The parts of a pattern that may give way to a placeholder, in order: the segments between ':'. A name
/// without ':' has two, divided by the first of . - _ / | # @ , = and blank that has something before it: all
/// "session_..." share "session_". Borrows the pattern.
class PatternParts {
 public:
  struct Part {
    std::size_t begin = 0, end = 0;
  };
  /// Of more parts than these, the middle ones stay as they are: a name of hundreds of ':' must not cost
  /// hundreds of look-ups.
  static constexpr std::size_t most_parts = 8;

  explicit PatternParts(std::string_view pattern);
  const Part* begin() const { return parts_.data(); }
  const Part* end() const { return parts_.data() + size_; }

 private:
  std::array<Part, most_parts> parts_{};
  std::size_t size_ = 0;
};

/// A part that consists of a placeholder alone says nothing that could still be folded. "{{" is a brace of
/// the key.
bool is_placeholder(std::string_view part);

}  // namespace headroom::survey
