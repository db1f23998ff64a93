#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "survey/cell.h"
#include "survey/fold.h"

namespace headroom::survey {

/// The cells of all patterns, however many names there are: at most `most_cells` of about 1.5 KB each.
///
/// Words stay as they are until there are too many of a kind. Two things fold further; a fold holds for all
/// keys that come later:
///  - more than 32 patterns that differ only in the digits of one segment ("tenant-1:cart", "tenant-2:cart",
///  ...) become one
///    ("tenant-{n}:cart");
///  - when the table is full, the segments in which most patterns differ (16 and more) become "{text}" (a
///    million custom job ids under "bull:mail:"). Patterns of names that `infrastructure` vouches for are
///    left out of this.
/// When that makes too little room, the patterns with the fewest keys go to one cell per database, "{other}";
/// their later keys may come under their own names again.
class PatternTable {
 public:
  static constexpr std::size_t most_cells = 8192;
  static constexpr std::size_t most_of_a_kind = 32;
  static constexpr std::string_view other = "{other}";
  /// Whether a name is a landmark that other keys are recognised by (a queue's ":meta"), so that it must not
  /// drown in "{text}".
  using Infrastructure = std::function<bool(std::string_view key)>;

  explicit PatternTable(Infrastructure infrastructure);

  /// The cell of the key, made when there is none. The number stays valid until the next place(); cells that
  /// were merged away stay as forwarders: `resolve` follows them, so that a record may come long after its
  /// name.
  std::uint32_t place(std::uint32_t db, std::string_view key);
  Cell& at(std::uint32_t cell) { return *cells_[resolve(cell)].cell; }
  /// Calls `visit(number, cell)` for every cell.
  template <class Visit>
  void each(Visit visit) const {
    for (std::uint32_t i = 0; i < cells_.size(); ++i)
      if (cells_[i].cell) visit(i, static_cast<const Cell&>(*cells_[i].cell));
  }
  std::size_t size() const { return live_; }
  std::uint64_t folded() const { return folded_patterns_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Slot {
    std::unique_ptr<Cell> cell{};  ///< null once merged: a forwarder is 16 bytes
    std::uint32_t merged_into = none;
    bool landmark = false;
  };
  std::uint32_t resolve(std::uint32_t cell) const;
  std::uint32_t find(std::uint32_t db, std::string_view pattern) const;
  std::uint32_t add(std::uint32_t db, std::string pattern, std::string_view key);
  std::string refold(std::uint32_t db, std::string_view pattern, bool landmark) const;
  void fold_kind(std::uint32_t db, const std::string& group);
  bool is_of_kind(const Slot& slot, std::uint32_t db, std::string_view group) const;
  void count_kinds(std::uint32_t cell);
  void make_room();
  void fold_widest();
  void give_up_rarest();
  void merge(std::uint32_t from, std::uint32_t into);

  Infrastructure infrastructure_;
  FoldedName folded_{};
  std::vector<Slot> cells_{};
  std::unordered_map<std::uint64_t, std::uint32_t> by_pattern_{};  // hash of db and pattern
  std::unordered_map<std::uint64_t, std::uint32_t> kinds_{};       // how many patterns share a weak form
  std::unordered_set<std::uint64_t> folds_{};                      // forms that are in force
  std::size_t live_ = 0;
  std::uint64_t folded_patterns_ = 0;
};

}  // namespace headroom::survey
