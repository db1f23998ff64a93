#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "family/family.h"
#include "model/stored_value.h"

namespace headroom::family {

/// What the names that a proof may want have in common. Views: of constants.
struct Sign {
  enum class Where : std::uint8_t { anywhere, at_begin, at_end };
  Types types{};
  std::string_view text{};  ///< empty: any name
  Where where = Where::anywhere;
  std::size_t longer_than = 0;  ///< bytes; of names without a `text` in common
};

/// Tells in a few ns which proofs may want a key, by all their signs at once. May name a proof too many,
/// never one too few: each look goes into tables in which every sign has left its mark.
///
/// Texts that stand anywhere are looked for by four bytes at every few places: so that any text, wherever it
/// begins, lies over one of those places.
class NameGate {
 public:
  using Asked = std::uint32_t;  ///< a bit per proof
  static constexpr std::size_t most_proofs = 32;

  /// A proof that has `signs` wants no other name of its `types`. One that has none may want every name.
  void admit(std::size_t proof, Types types, std::span<const Sign> signs);
  /// Needs: build() since the last admit().
  void build();

  Asked asked(KeyType type, std::string_view name) const { return asked(tables_[index(type)], name); }

 private:
  static constexpr std::size_t gram = 4, edge = 2;
  struct Long {
    std::size_t than = 0;
    Asked asked = 0;
  };
  struct Table {
    Asked always = 0;
    std::size_t stride = 0;  ///< 0: no text that stands anywhere
    std::vector<Long> longer{};
    std::array<Asked, 256> begins{}, ends{};
    std::array<Asked, 1024> grams{};
  };
  struct Word {
    Asked proof = 0;
    Sign sign{};
  };

  static std::size_t index(KeyType type) { return static_cast<std::size_t>(type); }
  static Asked asked(const Table& table, std::string_view name);
  static void enter(Table& table, const Word& word);
  static std::size_t gram_slot(const char* at);
  static std::size_t edge_slot(const char* at);

  std::array<Table, key_type_count> tables_{};
  std::vector<Word> words_{};
};

}  // namespace headroom::family
