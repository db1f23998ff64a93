#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A second reading of the shape language, from its description in family.h alone: slow, plain, and without a
/// line of the real one. What the two disagree about is a bug in one of them.
namespace headroom::test {

struct SlowPiece {
  std::string placeholder{};  ///< empty: the literal
  std::string literal{};
};

/// Needs: a shape that compiles.
inline std::vector<SlowPiece> slow_pieces(std::string_view shape) {
  std::vector<SlowPiece> pieces;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool brace = shape[i] == '{' || shape[i] == '}';
    const bool doubled = brace && i + 1 < shape.size() && shape[i + 1] == shape[i];
    if (brace && !doubled) {
      const auto end = shape.find('}', i);
      pieces.push_back({std::string(shape.substr(i + 1, end - i - 1)), ""});
      i = end;
      continue;
    }
    if (doubled) ++i;
    if (pieces.empty() || !pieces.back().placeholder.empty()) pieces.push_back({});
    pieces.back().literal += shape[i];
  }
  return pieces;
}

inline bool slow_is(std::string_view allowed, std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return allowed.find(c) != std::string_view::npos; });
}

inline bool slow_stands_for(std::string_view placeholder, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  if (text.empty()) return false;
  if (placeholder == "any") return true;
  if (placeholder == "id") return text.find(':') == std::string_view::npos;
  if (placeholder == "n") return slow_is("0123456789", text);
  if (placeholder == "hex") return text.size() >= 8 && slow_is(hex, text);
  if (text.size() != 36 || (placeholder == "uuid3" && text[14] != '3')) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !slow_is(hex, text.substr(i, 1)))
      return false;
  return true;
}

/// Which ends of `text` can be reached after each piece in turn.
inline bool slow_fits(const std::vector<SlowPiece>& pieces, std::size_t first, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = first; p < pieces.size(); ++p) {
    std::vector<bool> next(text.size() + 1, false);
    for (std::size_t from = 0; from <= text.size(); ++from)
      for (std::size_t to = from; reached[from] && to <= text.size(); ++to) {
        const auto part = text.substr(from, to - from);
        if (pieces[p].placeholder.empty() ? part == pieces[p].literal
                                          : slow_stands_for(pieces[p].placeholder, part))
          next[to] = true;
      }
    reached = next;
  }
  return reached[text.size()];
}

/// What Shape::fit promises.
inline std::optional<std::size_t> slow_fit(std::string_view shape, std::string_view name) {
  const auto pieces = slow_pieces(shape);
  const bool root = pieces.front().placeholder == "root";
  const bool prefix = pieces.front().placeholder == "prefix";
  if (!root && !prefix) return slow_fits(pieces, 0, name) ? std::optional<std::size_t>(0) : std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t lead = root ? 1 : 0; lead < name.size(); ++lead) {
    if (!slow_fits(pieces, 1, name.substr(lead))) continue;
    found = lead;
    if (prefix) break;
  }
  return found;
}

}  // namespace headroom::test
