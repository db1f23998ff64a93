#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "survey/cell.h"
#include "survey/fold.h"
#include "survey/known_heads.h"
#include "survey/known_names.h"

namespace headroom::survey {

/// The cells of all patterns, however many names there are: at most `most_cells` of about 1.5 KB each, and
/// one per database.
///
/// Words stay as they are until there are too many of a kind at one place, that is, behind the same
/// beginning. Two things fold further; a fold holds for all names with that beginning, so that whatever
/// follows it stays together:
///  - more than 32 words that differ only in their digits: "bull:tenant-1", "bull:tenant-2", ... become
///  "bull:tenant-{n}";
///  - a place with hundreds of words that look like ids becomes "{text}": a million custom job ids behind
///  "bull:mail:". A word looks
///    like an id if hardly another pattern has it at this depth; the names of queues and of fields come again
///    and again. When the table is full, such places are folded, most id-like first, until it is half empty;
///    others only if it would stay three quarters full. Words that hold a notable part of a place's keys are
///    kept, and so are names that `infrastructure` vouches for.
/// What still finds no room is counted in one cell per database, "{other}".
///
/// Time: 20 to 50 ns per name whose pattern, or whose pattern with its digits folded, was met before; 0.1 to
/// 0.6 us for others (bench/survey_speed). Folding costs some 20 ms, and happens at most once for 1000 new
/// patterns.
class PatternTable {
 public:
  static constexpr std::size_t most_cells = 8192;
  static constexpr std::size_t most_of_a_kind = 32;
  static constexpr std::string_view other = "{other}";
  /// Whether a name is a landmark that other keys are recognised by (a queue's ":meta"), so that it must not
  /// drown in "{text}".
  using Infrastructure = std::function<bool(std::string_view key)>;

  explicit PatternTable(Infrastructure infrastructure);

  /// The cell of the key, made when there is none. The number stays valid: cells that were merged away stay
  /// as forwarders, so that a record may come long after its name.
  std::uint32_t place(std::uint32_t db, std::string_view key);
  /// The pattern of the cell in which place() counted this key; empty when it never saw such a one.
  std::string pattern_of(std::uint32_t db, std::string_view key) const;
  Cell& at(std::uint32_t cell) { return *slots_[resolve(cell)].cell; }
  const Cell& cell(std::uint32_t cell) const { return *slots_[resolve(cell)].cell; }
  /// The number of the cell that `cell` is part of by now.
  std::uint32_t standing(std::uint32_t cell) const { return resolve(cell); }
  /// Calls `visit(number, cell)` for every cell.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto number : live_) visit(number, static_cast<const Cell&>(*slots_[number].cell));
  }
  std::size_t size() const { return live_.size(); }
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
  bool is_landmark(std::string_view key) const {
    return honour_landmarks_ && infrastructure_ && infrastructure_(key);
  }
  /// Whether a name is a landmark: found out when somebody asks, for it takes longer than all the rest.
  class Landmark {
   public:
    Landmark(const PatternTable& table, std::string_view key) : table_(&table), key_(key) {}
    explicit Landmark(bool answer) : answer_(answer) {}
    bool operator()() {
      if (!answer_) answer_ = table_->is_landmark(key_);
      return *answer_;
    }
    bool asked() const { return answer_.has_value(); }

   private:
    const PatternTable* table_ = nullptr;
    std::string_view key_{};
    std::optional<bool> answer_{};
  };
  /// Both fingerprints of a name; the same when it has no digits outside placeholders.
  struct Prints {
    std::uint64_t exact = 0, weak = 0;
  };
  std::uint32_t place_by_prints(std::uint32_t db, std::string_view key, const HeadedName* headed);
  std::uint32_t place_unknown(std::uint32_t db, std::string_view key, const Prints* prints);
  void forget_known();
  std::string_view folded_word(std::uint32_t db, std::string_view before, std::string_view word,
                               Landmark& landmark, std::string& weak) const;
  std::string refold(std::uint32_t db, std::string_view pattern, Landmark& landmark) const;
  std::uint32_t add(std::uint32_t db, std::string pattern, std::string_view key, Landmark& landmark);
  std::uint32_t create(std::uint32_t db, std::string pattern, std::string_view key, bool landmark);
  void count_words();
  bool is_one_too_many(const Cell& cell);
  void sweep(std::uint32_t db, std::string_view beginning);
  void sweep_all();
  bool move(std::uint32_t number);
  void forget_merged();
  bool fold_places(double least_score, std::size_t wanted);
  void fold_wide_places();
  void make_room();

  Infrastructure infrastructure_;
  FoldedName folded_{};
  // Nothing after a fold: what they say may be wrong then.
  KnownNames known_{};
  KnownHeads known_heads_{};
  std::vector<Slot> slots_{};
  std::vector<std::uint32_t> live_{};
  std::unordered_map<std::uint64_t, std::uint32_t> by_pattern_{};
  // Keys of all these are hashes of a database, a beginning, and a word.
  std::unordered_set<std::uint64_t> words_{};                 // met since the table was last full
  std::unordered_map<std::uint64_t, std::uint32_t> kinds_{};  // how many of them share a weak form
  std::unordered_set<std::uint64_t> weak_folds_{}, text_folds_{}, kept_{};
  std::vector<std::uint32_t> to_count_{};
  std::size_t next_wide_look_ = 0;
  bool honour_landmarks_ = true, closed_ = false;
  std::uint64_t folded_patterns_ = 0;
};

}  // namespace headroom::survey
