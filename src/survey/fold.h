#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Key names to patterns: `user:4711:session:9f0c...` becomes `user:{n}:session:{hex}`, without
/// configuration.
namespace headroom::survey {

/// Longer patterns are cut at the end of a segment and closed with "{long}".
inline constexpr std::size_t longest_pattern = 240;

/// A folded name, in place: no allocation. Reused from key to key.
class FoldedName {
 public:
  std::string_view text() const { return {bytes_.data(), size_}; }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  /// False, and nothing is added, when it would not fit.
  bool add(std::string_view more);
  /// Goes back to `size` bytes and says that the rest of the name was left out.
  void cut_at(std::size_t size);

 private:
  std::array<char, longest_pattern + 16> bytes_{};
  std::size_t size_ = 0;
};

/// Folds what is an id beyond doubt. Segments stand between ':' and stay as many as they were (up to the
/// cut); in a segment, words stand between . - _ / | # @ , = and blanks. Folded are
///   {n}      a segment of decimal digits, or a word of nine and more (times, phone numbers)
///   {uuid}   8-4-4-4-12 hex digits, anywhere in a segment: `celery-task-meta-{uuid}`
///   {hex}    a word of 16 and more hex digits with a decimal one among them
///   {date}   2026-01-31          {ip}  10.0.0.1          {email}  a segment with one @ and a dot behind it
///   {token}  a word of 20 and more letters and digits, mixed at least thrice
/// Everything else stays, with braces doubled; other bytes are not looked at, whatever they are.
void fold(std::string_view key, FoldedName& out);

/// A hash that stands for a folded name.
struct Fingerprint {
  std::uint64_t hash = 0;
  bool has_digits = false;  ///< outside placeholders: "queue1", "page.17"
};

/// No folded name of a key of at most so many bytes is cut: a byte becomes three at most.
inline constexpr std::size_t longest_never_cut = longest_pattern / 3;

/// The hash of what fold() makes of the key in this database, without making it: half the time. With
/// `weakly`, each run of digits outside placeholders counts as one mark, whichever it is: "page.17" and
/// "page.4" are the same, but not the same as what placeholders stand for. A good hash, not one for secrets.
/// Needs: key.size() <= longest_never_cut.
Fingerprint fingerprint(std::uint32_t db, std::string_view key, bool weakly);

}  // namespace headroom::survey
