#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "family/family.h"
#include "family/shape.h"

/// Which shapes of which families fit a name: compiled once, run per key. What a fit is worth is judged by
/// Evidence.
namespace headroom::family {

/// The shapes of some families as programs, under the same numbers. Needs: the families outlive it and
/// compile (known families are held to it by a test; parse_families() checks those of a user).
class ShapeBook {
 public:
  explicit ShapeBook(std::span<const Family> families);
  std::span<const Family> families() const { return families_; }
  const Shape& program(std::size_t family, std::size_t shape) const { return programs_[family][shape]; }
  /// The first {root} shape of the family that fits what stands behind the root. By the name alone if `type`
  /// is unknown.
  std::optional<std::size_t> behind_root(std::size_t family, std::string_view tail, KeyType type) const;

 private:
  std::span<const Family> families_;
  std::vector<std::vector<Shape>> programs_{};
};

/// A shape of a family that fits a name, and how much of the name is its lead.
struct Fit {
  std::uint16_t family = 0;
  std::uint16_t shape = 0;
  std::size_t lead = 0;
};

/// A choice of the shapes of a book, arranged by the last byte that a fitting name can have: of some 300
/// shapes about a tenth are run on one name. Needs: the book outlives it.
class ShapeFinder {
 public:
  using Choice = std::function<bool(const Family&, const KeyShape&, const Shape&)>;
  ShapeFinder(const ShapeBook& book, const Choice& chosen);
  /// Of each family the first chosen shape that fits name and type (the name alone if `type` is unknown), in
  /// order of family, into `fits`, which is emptied first. Linear in the length of the name.
  void find(std::string_view key, KeyType type, std::vector<Fit>& fits) const;
  /// Whether any chosen shape fits, by the name alone.
  bool any(std::string_view key) const;

 private:
  struct Entry {
    std::uint16_t family = 0;
    std::uint16_t shape = 0;
    Types types{};
    bool own = false;  ///< of headroom itself; no others fit its names
    const Shape* program = nullptr;
  };
  std::array<std::vector<Entry>, 256> by_last_byte_{};
};

/// Whether a key of this type may be of a shape. A type that nobody measured rules nothing out, nor does a
/// shape without types.
inline bool may_be(Types types, KeyType type) {
  return type == KeyType::unknown || types.bits == 0 || types.has(type);
}

}  // namespace headroom::family
