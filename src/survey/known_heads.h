#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "survey/name_classes.h"

namespace headroom::survey {

/// A name that ends in an id which fold() is sure to fold, whatever stands in front of it.
struct HeadedName {
  enum class Id : std::uint8_t { number, uuid };
  std::string_view head{};
  Id id = Id::number;
};

/// The UUID must begin a word, the number a segment. Nothing: the name ends in neither.
///
/// What fold() makes of the head does not hang on the id: no word, date or UUID that begins in the head can
/// end in a UUID, because hex digits stand where they would need a '-'.
inline std::optional<HeadedName> headed(std::string_view name) {
  constexpr std::size_t uuid = 36;
  const auto ends_word = [](char c) { return (class_of(c) & (separator | colon)) != 0; };
  if (name.size() > uuid && ends_word(name[name.size() - uuid - 1]) && is_uuid_at(name.end() - uuid))
    return HeadedName{name.substr(0, name.size() - uuid), HeadedName::Id::uuid};
  auto size = name.size();
  while (size > 0 && (class_of(name[size - 1]) & digit) != 0) --size;
  if (size == name.size() || size == 0 || name[size - 1] != ':') return std::nullopt;
  return HeadedName{name.substr(0, size), HeadedName::Id::number};
}

/// Remembers in which cell names of a head were counted; 16 KiB. Most names differ from others in their ids
/// alone, and these need not even be folded. A head whose place another took is learned anew.
class KnownHeads {
 public:
  std::optional<std::uint32_t> find(std::uint32_t db, const HeadedName& name) const {
    const auto& entry = entries_[slot_of(name)];
    const bool found = entry.size == name.head.size() && entry.id == name.id && entry.db == db &&
                       std::memcmp(entry.head, name.head.data(), name.head.size()) == 0;
    return found ? std::optional(entry.cell) : std::nullopt;
  }
  void add(std::uint32_t db, const HeadedName& name, std::uint32_t cell) {
    if (name.head.size() > sizeof Entry::head) return;
    auto& entry = entries_[slot_of(name)];
    entry.cell = cell, entry.db = db, entry.id = name.id;
    entry.size = static_cast<std::uint8_t>(name.head.size());
    std::memcpy(entry.head, name.head.data(), name.head.size());
  }
  void clear() { entries_.assign(slots, {}); }

 private:
  static constexpr std::size_t slots = 256;
  struct Entry {
    std::uint32_t cell = 0, db = 0;
    std::uint8_t size = 0;  ///< 0: free, as no head is empty
    HeadedName::Id id{};
    char head[54]{};
  };
  static_assert(sizeof(Entry) == 64);

  static std::size_t slot_of(const HeadedName& name) {
    std::uint64_t front = name.head.size(), back = 0;
    const auto some = std::min<std::size_t>(name.head.size(), 7);
    std::memcpy(&front, name.head.data(), some);
    std::memcpy(&back, name.head.data() + name.head.size() - some, some);
    return ((front * 31 + back + name.head.size()) * 0x9E3779B97F4A7C15ULL) >> 56U;
  }
  std::vector<Entry> entries_ = std::vector<Entry>(slots);
};

}  // namespace headroom::survey
