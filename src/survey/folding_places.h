#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

/// Which places in many patterns hold ids rather than names.
namespace headroom::survey {

/// The hash under which a word behind a beginning is known.
std::uint64_t place_hash(std::uint32_t db, std::string_view beginning, std::string_view word);

struct NamedPattern {
  std::uint32_t db = 0;
  std::string_view pattern{};
  std::uint64_t keys = 0;
  bool landmark = false;  ///< all its words are names: of a queue, of a part of a queue
};

/// A beginning behind which words may become "{text}".
struct Place {
  std::uint64_t hash = 0;  ///< place_hash(db, beginning, "")
  double score = 0;        ///< how many of its words look like ids
  std::size_t words = 0;   ///< that would go
  /// place_hash of the words that stay: those of landmarks, and those that hold more than 64 keys and a 64th
  /// of the place's.
  std::vector<std::uint64_t> kept{};
};

/// All places with at least four words to fold, most id-like first. The score of a place is the sum over its
/// words of 1/n^2, with n the number of patterns that have the word at the same depth: 1 for a word met once,
/// next to nothing for the name of a queue, which is in all patterns of its queue, or for "profile", which is
/// behind every user.
std::vector<Place> places_to_fold(const std::vector<NamedPattern>& patterns);

}  // namespace headroom::survey
