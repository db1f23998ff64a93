#include "family/matcher.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace headroom::family {

ShapeBook::ShapeBook(std::span<const Family> families) : families_(families) {
  programs_.reserve(families.size());
  for (const Family& family : families) {
    auto& programs = programs_.emplace_back();
    programs.reserve(family.shapes.size());
    for (const KeyShape& shape : family.shapes) {
      auto program = Shape::compile(shape.shape);
      assert(program);
      programs.push_back(std::move(*program));
    }
  }
}

std::optional<std::size_t> ShapeBook::behind_root(std::size_t family, std::string_view tail,
                                                  KeyType type) const {
  const auto& shapes = families_[family].shapes;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Shape& program = programs_[family][i];
    if (program.rooted() && may_be(shapes[i].types, type) && program.fits_tail(tail)) return i;
  }
  return std::nullopt;
}

ShapeFinder::ShapeFinder(const ShapeBook& book, const Choice& chosen) {
  const auto families = book.families();
  for (std::size_t f = 0; f < families.size(); ++f)
    for (std::size_t s = 0; s < families[f].shapes.size(); ++s) {
      const KeyShape& shape = families[f].shapes[s];
      const Shape& program = book.program(f, s);
      if (!chosen(families[f], shape, program)) continue;
      const Entry entry{static_cast<std::uint16_t>(f), static_cast<std::uint16_t>(s), shape.types,
                        families[f].name == "headroom", &program};
      for (std::size_t byte = 0; byte < by_last_byte_.size(); ++byte)
        if (program.may_end_in(static_cast<char>(byte))) by_last_byte_[byte].push_back(entry);
    }
}

void ShapeFinder::find(std::string_view key, KeyType type, std::vector<Fit>& fits) const {
  fits.clear();
  if (key.empty()) return;
  const bool own = key.starts_with(own_names);
  for (const Entry& entry : by_last_byte_[static_cast<unsigned char>(key.back())]) {
    if (!fits.empty() && fits.back().family == entry.family) continue;
    if ((own && !entry.own) || !may_be(entry.types, type)) continue;
    if (const auto lead = entry.program->fit(key)) fits.push_back({entry.family, entry.shape, *lead});
  }
}

bool ShapeFinder::any(std::string_view key) const {
  if (key.empty()) return false;
  const auto& entries = by_last_byte_[static_cast<unsigned char>(key.back())];
  const bool own = key.starts_with(own_names);
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return (!own || entry.own) && entry.program->fit(key).has_value();
  });
}

}  // namespace headroom::family
