#include "survey/pattern_table.h"

#include <algorithm>

#include "base/fold_digits.h"
#include "base/hash.h"
#include "survey/folding_places.h"
#include "survey/pattern_parts.h"

namespace headroom::survey {
namespace {

constexpr std::string_view any_text = "{text}";
// How many words that look like ids one place may have before the table is full. 500 queues of one key each
// are not yet that.
constexpr double wide = 512;
constexpr std::size_t first_wide_look = 1024;
// Below this score a place holds names, and is folded only in need.
constexpr double looks_like_ids = 1;
// Names can be made so that every fold frees little. What all folding may ever take: 256k forwarders of 16
// bytes, 64k folds.
constexpr std::size_t most_slots = 256 * 1024, most_folds = 64 * 1024;

bool has_digit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

PatternTable::PatternTable(Infrastructure infrastructure)
    : infrastructure_(std::move(infrastructure)), next_wide_look_(first_wide_look) {}

std::uint32_t PatternTable::resolve(std::uint32_t cell) const {
  while (slots_[cell].merged_into != none) cell = slots_[cell].merged_into;
  return cell;
}

std::uint32_t PatternTable::find(std::uint32_t db, std::string_view pattern) const {
  // 64 bits of hash stand for the text: among 8192 patterns two share one with a probability below 1e-11.
  const auto found = by_pattern_.find(hash_bytes(pattern, db));
  return found == by_pattern_.end() ? none : found->second;
}

std::uint32_t PatternTable::place(std::uint32_t db, std::string_view key) {
  if (key.size() > longest_never_cut) return place_unknown(db, key, nullptr);
  const auto name = headed(key);
  if (!name) return place_by_prints(db, key, nullptr);
  if (const auto known = known_heads_.find(db, *name)) return *known;
  return place_by_prints(db, key, &*name);
}

/// Where `headed` is given, remembers what is known of every name of the same fingerprint for its head too.
std::uint32_t PatternTable::place_by_prints(std::uint32_t db, std::string_view key,
                                            const HeadedName* headed) {
  const auto told = [&](std::uint32_t cell) {
    if (headed != nullptr) known_heads_.add(db, *headed, cell);
    return cell;
  };
  const auto weak = fingerprint(db, key, true);
  if (const auto known = known_.find(weak.hash)) return told(*known);
  if (!weak.has_digits) {
    const Prints prints{weak.hash, weak.hash};
    return place_unknown(db, key, &prints);
  }
  const Prints prints{fingerprint(db, key, false).hash, weak.hash};
  if (const auto known = known_.find(prints.exact)) return told(*known);
  return place_unknown(db, key, &prints);
}

void PatternTable::forget_known() {
  known_.clear();
  known_heads_.clear();
}

/// Remembers what will hold for every name of the same fingerprint until the next fold: not what hung on this
/// very name being a landmark.
std::uint32_t PatternTable::place_unknown(std::uint32_t db, std::string_view key, const Prints* prints) {
  fold(key, folded_);
  const auto folded = folded_.text();
  if (const auto found = find(db, folded); found != none) {
    if (prints != nullptr) known_.add(prints->exact, found);
    return found;
  }
  Landmark landmark(*this, key);
  auto pattern = refold(db, folded, landmark);
  const auto found = find(db, pattern);
  if (found == none) return add(db, std::move(pattern), key, landmark);
  // Where every run of digits was folded, it would be so whatever the digits are.
  if (prints != nullptr && !landmark.asked())
    known_.add(pattern == fold_digits(folded) ? prints->weak : prints->exact, found);
  return found;
}

std::string PatternTable::pattern_of(std::uint32_t db, std::string_view key) const {
  FoldedName folded;
  fold(key, folded);
  auto found = find(db, folded.text());
  Landmark landmark(*this, key);
  if (found == none) found = find(db, refold(db, folded.text(), landmark));
  if (found == none) found = find(db, other);
  return found == none ? std::string() : std::string(slots_[found].cell->pattern());
}

/// What stands for `word` behind `before`; `weak` keeps the text when it is a new one.
std::string_view PatternTable::folded_word(std::uint32_t db, std::string_view before, std::string_view word,
                                           Landmark& landmark, std::string& weak) const {
  if (word.empty() || is_placeholder(word)) return word;
  const auto beginning = hash_bytes(before, db);
  if (!weak_folds_.empty() && has_digit(word)) {
    weak = fold_digits(word);
    if (weak_folds_.contains(hash_bytes(weak, beginning))) word = weak;
  }
  if (is_placeholder(word) || !text_folds_.contains(hash_bytes("", beginning))) return word;
  return landmark() || kept_.contains(hash_bytes(word, beginning)) ? word : any_text;
}

/// Applies the folds in force from left to right: what a part becomes depends on what stands before it.
std::string PatternTable::refold(std::uint32_t db, std::string_view pattern, Landmark& landmark) const {
  if (weak_folds_.empty() && text_folds_.empty()) return std::string(pattern);
  std::string text, weak;
  text.reserve(pattern.size() + 16);
  std::size_t done = 0;
  for (const auto [begin, end] : PatternParts(pattern)) {
    text += pattern.substr(done, begin - done);
    const auto word = folded_word(db, text, pattern.substr(begin, end - begin), landmark, weak);
    text += word;
    done = end;
  }
  return text += pattern.substr(done);
}

std::uint32_t PatternTable::add(std::uint32_t db, std::string pattern, std::string_view key,
                                Landmark& landmark) {
  if (live_.size() >= most_cells && !closed_) {
    make_room();
    Landmark honoured(landmark() && honour_landmarks_);
    pattern = refold(db, pattern, honoured);
    if (const auto found = find(db, pattern); found != none) return found;
  }
  if (closed_ || live_.size() >= most_cells) {
    if (const auto found = find(db, other); found != none) return found;
    return create(db, std::string(other), key, true);
  }
  const auto number = create(db, std::move(pattern), key, landmark());
  to_count_.push_back(number);
  count_words();
  if (live_.size() >= next_wide_look_) fold_wide_places();
  return resolve(number);
}

std::uint32_t PatternTable::create(std::uint32_t db, std::string pattern, std::string_view key,
                                   bool landmark) {
  const auto number = static_cast<std::uint32_t>(slots_.size());
  by_pattern_[hash_bytes(pattern, db)] = number;
  slots_.push_back({std::make_unique<Cell>(db, std::move(pattern), key), none, landmark});
  live_.push_back(number);
  return number;
}

/// Counts the words of new and renamed patterns; one too many of a kind folds the kind, which renames
/// patterns in turn.
void PatternTable::count_words() {
  while (!to_count_.empty()) {
    const auto number = to_count_.back();
    to_count_.pop_back();
    while (slots_[number].cell && is_one_too_many(*slots_[number].cell)) {
    }
  }
}

bool PatternTable::is_one_too_many(const Cell& cell) {
  const std::string_view pattern = cell.pattern();
  for (const auto [begin, end] : PatternParts(pattern)) {
    const auto before = pattern.substr(0, begin), word = pattern.substr(begin, end - begin);
    if (is_placeholder(word) || !has_digit(word)) continue;
    const auto weak = fold_digits(word);
    if (weak == word || !words_.insert(place_hash(cell.db(), before, word)).second) continue;
    const auto kind = place_hash(cell.db(), before, weak);
    if (++kinds_[kind] <= most_of_a_kind) continue;
    weak_folds_.insert(kind);
    forget_known();
    sweep(cell.db(), std::string(before));
    return true;
  }
  return false;
}

/// Applies the folds in force to the patterns with this beginning.
void PatternTable::sweep(std::uint32_t db, std::string_view beginning) {
  for (const auto number : live_) {
    const auto& slot = slots_[number];
    if (slot.cell && slot.cell->db() == db && slot.cell->pattern().starts_with(beginning) && move(number))
      to_count_.push_back(number);
  }
  forget_merged();
}

void PatternTable::sweep_all() {
  for (const auto number : live_)
    if (move(number)) to_count_.push_back(number);
  forget_merged();
}

/// Moves a cell to where its pattern belongs now; true when it got a new name there, false when it stays or
/// was merged.
bool PatternTable::move(std::uint32_t number) {
  auto& slot = slots_[number];
  if (slot.cell->pattern() == other) return false;
  Landmark landmark(slot.landmark && honour_landmarks_);
  auto pattern = refold(slot.cell->db(), slot.cell->pattern(), landmark);
  if (pattern == slot.cell->pattern()) return false;
  ++folded_patterns_;
  by_pattern_.erase(hash_bytes(slot.cell->pattern(), slot.cell->db()));
  const auto target = find(slot.cell->db(), pattern);
  if (target == none) {
    by_pattern_[hash_bytes(pattern, slot.cell->db())] = number;
    slot.cell->rename(std::move(pattern));
    return true;
  }
  slots_[target].cell->merge(std::move(*slot.cell));
  slot.cell.reset();
  slot.merged_into = target;
  return false;
}

void PatternTable::forget_merged() {
  std::erase_if(live_, [this](std::uint32_t number) { return !slots_[number].cell; });
}

/// Folds places that score at least so much, until about `wanted` patterns are left. False when there was
/// none.
bool PatternTable::fold_places(double least_score, std::size_t wanted) {
  std::vector<NamedPattern> patterns;
  each([&](std::uint32_t number, const Cell& cell) {
    patterns.push_back(
        {cell.db(), cell.pattern(), cell.keys(), slots_[number].landmark && honour_landmarks_});
  });
  bool any = false;
  std::size_t left = live_.size();
  for (const auto& place : places_to_fold(patterns)) {
    if (place.score < least_score || left <= wanted) break;
    text_folds_.insert(place.hash);
    kept_.insert(place.kept.begin(), place.kept.end());
    left -= std::min(left, place.words - 1);
    any = true;
  }
  if (!any) return false;
  forget_known();
  sweep_all();
  return true;
}

void PatternTable::fold_wide_places() {
  fold_places(wide, 0);
  count_words();
  next_wide_look_ = std::max(first_wide_look, 2 * live_.size());
}

void PatternTable::make_room() {
  constexpr std::size_t half = most_cells / 2, three_quarters = most_cells / 4 * 3;
  // What did not become many by now may begin to count anew.
  kinds_.clear(), words_.clear();
  while (live_.size() > half && fold_places(looks_like_ids, half)) {
  }
  while (live_.size() > three_quarters && fold_places(0, three_quarters)) {
  }
  if (live_.size() > three_quarters && honour_landmarks_) {
    honour_landmarks_ = false;
    forget_known();
    while (live_.size() > three_quarters && fold_places(0, three_quarters)) {
    }
  }
  count_words();
  closed_ = live_.size() > most_cells / 8 * 7 || slots_.size() > most_slots ||
            weak_folds_.size() + text_folds_.size() + kept_.size() > most_folds;
}

}  // namespace headroom::survey
