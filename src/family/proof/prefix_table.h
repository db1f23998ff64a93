#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "family/proof/id_table.h"

/// Numbers for what stands in front of the last ':' of names.
namespace headroom::family {

/// Prefixes by database, interned: each kept once, found by a hash. Bounded in number and in bytes; what is
/// left out then, names of it have an identity by a hash of the whole name. A prefix that has a number never
/// loses it and one that was left out never gets one, so a name has the same identity whenever it comes.
///
/// The exception is a root, which gets a number even late: it serves to say whose a name is, but the names
/// under it keep their hashed identity.
class PrefixTable {
 public:
  static constexpr std::uint16_t first_late = 60'000;  ///< numbers from here on are of late roots
  static constexpr std::size_t most_text = std::size_t{8} << 20U;

  /// `most` is for tests; at most first_late - 1.
  explicit PrefixTable(std::uint16_t most = first_late - 1);

  /// The number of a prefix, which is interned if there is room; 0: left out.
  std::uint16_t number(std::uint32_t db, std::string_view prefix);
  /// The same for the name of a queue, which finds room longer.
  std::uint16_t number_of_root(std::uint32_t db, std::string_view root);
  /// 0 when it has none.
  std::uint16_t find(std::uint32_t db, std::string_view prefix) const;

  /// The identity of the key `prefix`:`tail`. Needs: no ':' in `tail`. The tails "7" and "007" differ.
  Identity identity(std::uint32_t db, std::string_view prefix, std::string_view tail);
  /// The same where number() of the prefix is at hand.
  Identity identity(std::uint16_t number, std::uint32_t db, std::string_view prefix,
                    std::string_view tail) const;

  std::string_view text(std::uint16_t number) const;
  std::uint32_t db(std::uint16_t number) const { return prefixes_[number].db; }
  /// Numbers that are in use, in order; late ones included.
  std::vector<std::uint16_t> numbers() const;
  /// Prefixes for which there was no room, each as often as it was met.
  std::uint64_t left_out() const { return left_out_; }
  void clear();

 private:
  struct Prefix {
    std::uint64_t hash = 0;
    std::uint32_t db = 0;
    std::uint32_t begin = 0, length = 0;  ///< in texts_
  };
  std::size_t slot_of(std::uint64_t hash, std::uint32_t db, std::string_view prefix) const;
  std::uint16_t intern(std::size_t slot, std::uint64_t hash, std::uint32_t db, std::string_view prefix,
                       std::uint16_t number);
  bool has_room(std::string_view prefix) const;

  std::uint16_t most_;
  std::uint16_t next_ = 1;
  std::uint32_t next_late_ = first_late;
  std::uint64_t left_out_ = 0;
  std::string texts_{};
  std::vector<Prefix> prefixes_{};      ///< by number
  std::vector<std::uint16_t> slots_{};  ///< numbers by hash
};

}  // namespace headroom::family
