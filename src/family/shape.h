#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// A key shape compiled once and run on many names. The language is described at KeyShape (family.h).
namespace headroom::family {

/// What a shape begins with; the text it stands for is the key's owner.
enum class Lead : std::uint8_t { none, root, prefix };

/// What one byte of a name must be, or one or more of them.
struct ShapePosition {
  std::bitset<256> bytes{};
  bool repeats = false;
};

/// A shape as a program. Binary safe. Time grows with the length of the name alone: every byte is looked at
/// once, from the last to the first, so a name made to defeat a matcher cannot slow this one down.
class Shape {
 public:
  /// Refuses an unknown or unclosed placeholder, a lead in the middle, a shape that is nothing but a lead,
  /// and one of more than 255 positions. The error says what is wrong; its `where` is the shape.
  static Result<Shape> compile(std::string_view text);

  Lead lead() const { return lead_; }
  /// The length of the lead when the whole name fits: the longest {root}, the shortest {prefix}, 0 without a
  /// lead.
  std::optional<std::size_t> fit(std::string_view name) const;
  /// Whether `tail`, which is the name behind its lead, fits.
  bool fits_tail(std::string_view tail) const;
  /// Whether a name that fits may end in this byte: spares running most shapes on most names.
  bool may_end_in(char byte) const { return lasts_.test(static_cast<unsigned char>(byte)); }

  /// The first literal text of the shape, and whether it stands directly behind the lead (or begins the
  /// shape).
  std::string_view literal() const { return literal_; }
  bool literal_first() const { return literal_first_; }
  /// {root} followed by ':': the root is made of whole segments.
  bool rooted() const { return lead_ == Lead::root && literal_first_ && literal_.front() == ':'; }
  /// No placeholder behind the lead: an owner has one such key at most.
  bool fixed() const { return plan_ == Plan::literal; }
  /// {any} directly behind {prefix}: nothing in the name says where the prefix ends.
  bool open() const { return open_; }
  /// How many bytes of a fitting name are given by the shape: of two shapes that fit, the larger says more.
  std::size_t literal_bytes() const { return literal_bytes_; }

 private:
  static constexpr std::size_t most_positions = 255;
  using Bits = std::array<std::uint64_t, 4>;
  enum class Plan : std::uint8_t { literal, literal_then_any, general };
  friend class ShapeParser;

  void finish(const std::vector<ShapePosition>& positions);
  void build_masks(const std::vector<ShapePosition>& positions);
  Bits mask_of(std::size_t byte, const std::vector<ShapePosition>& positions) const;
  std::optional<std::size_t> fit_literal(std::string_view name, Lead lead) const;
  std::optional<std::size_t> fit_literal_then_any(std::string_view name, Lead lead) const;
  std::optional<std::size_t> fit_general(std::string_view name, Lead lead) const;
  std::optional<std::size_t> fit_behind(std::string_view name, Lead lead) const;

  Lead lead_ = Lead::none;
  Plan plan_ = Plan::general;
  std::string literal_{};
  bool literal_first_ = false;
  bool open_ = false;
  std::size_t literal_bytes_ = 0;
  std::size_t positions_ = 0;
  std::bitset<256> lasts_{};
  // Shift-And, from the end: bit i of a mask says that position i, counted from the last, takes bytes of this
  // class.
  std::array<std::uint8_t, 256> class_of_{};
  std::vector<Bits> masks_{};
  Bits repeats_{};
};

}  // namespace headroom::family
