#include "survey/pattern_table.h"

#include <algorithm>
#include <tuple>

#include "base/hash.h"

namespace headroom::survey {
namespace {

constexpr std::string_view any_text = "{text}";

std::size_t segments_of(std::string_view pattern) {
  return static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), ':')) + 1;
}

/// Where the n-th segment begins and ends.
std::pair<std::size_t, std::size_t> span_of(std::string_view pattern, std::size_t n) {
  std::size_t begin = 0;
  for (; n > 0; --n) begin = pattern.find(':', begin) + 1;
  return {begin, std::min(pattern.find(':', begin), pattern.size())};
}

std::string_view segment_of(std::string_view pattern, std::size_t n) {
  const auto [begin, end] = span_of(pattern, n);
  return pattern.substr(begin, end - begin);
}

std::string with_segment(std::string_view pattern, std::size_t n, std::string_view replacement) {
  const auto [begin, end] = span_of(pattern, n);
  std::string out(pattern.substr(0, begin));
  return out.append(replacement).append(pattern.substr(end));
}

/// A segment that consists of a placeholder alone says nothing that could still be folded.
bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment[0] == '{' && segment[1] != '{' &&
         segment.find('}') == segment.size() - 1;
}

}  // namespace

PatternTable::PatternTable(Infrastructure infrastructure) : infrastructure_(std::move(infrastructure)) {}

std::uint32_t PatternTable::resolve(std::uint32_t cell) const {
  while (cells_[cell].merged_into != none) cell = cells_[cell].merged_into;
  return cell;
}

std::uint32_t PatternTable::find(std::uint32_t db, std::string_view pattern) const {
  // 64 bits of hash stand for the text: among 8192 patterns two share one with a probability below 1e-11.
  const auto found = by_pattern_.find(hash_bytes(pattern, db));
  return found == by_pattern_.end() ? none : resolve(found->second);
}

std::uint32_t PatternTable::place(std::uint32_t db, std::string_view key) {
  fold(key, folded_);
  if (const auto found = find(db, folded_.text()); found != none) return found;
  const bool landmark = infrastructure_ && infrastructure_(key);
  auto pattern = refold(db, folded_.text(), landmark);
  if (const auto found = find(db, pattern); found != none) return found;
  return add(db, std::move(pattern), key);
}

// Applies the folds in force until none fits any more. A fold is remembered as the hash of what it leads to,
// so that a pattern finds it by folding one segment of itself and asking.
std::string PatternTable::refold(std::uint32_t db, std::string_view pattern, bool landmark) const {
  std::string text(pattern);
  if (folds_.empty()) return text;
  // Names numbered in several segments reach their common form by many ways; the direct one is tried first.
  if (auto weakest = weaken(pattern); folds_.contains(hash_bytes(weakest, db))) return weakest;
  for (bool again = true; again;) {
    again = false;
    const auto segments = segments_of(text);
    for (std::size_t n = 0; n < segments; ++n) {
      const auto segment = segment_of(text, n);
      if (is_placeholder(segment)) continue;
      for (const auto& form : {weaken(segment), std::string(any_text)}) {
        if (form == segment || (landmark && form == any_text)) continue;
        auto candidate = with_segment(text, n, form);
        if (!folds_.contains(hash_bytes(candidate, db))) continue;
        text = std::move(candidate);
        again = true;
        break;
      }
    }
  }
  return text;
}

std::uint32_t PatternTable::add(std::uint32_t db, std::string pattern, std::string_view key) {
  if (live_ >= most_cells) {
    make_room();
    auto again = refold(db, pattern, infrastructure_ && infrastructure_(key));
    if (const auto found = find(db, again); found != none) return found;
    if (live_ >= most_cells) {
      again = other;
      if (const auto found = find(db, again); found != none) return found;
    }
    pattern = std::move(again);
  }
  const auto number = static_cast<std::uint32_t>(cells_.size());
  by_pattern_[hash_bytes(pattern, db)] = number;
  cells_.push_back(
      {std::make_unique<Cell>(db, std::move(pattern), key), none, infrastructure_ && infrastructure_(key)});
  ++live_;
  count_kinds(number);
  return resolve(number);
}

void PatternTable::count_kinds(std::uint32_t cell) {
  const auto db = cells_[cell].cell->db();
  const auto pattern = cells_[cell].cell->pattern();  // a copy: folding renames and frees cells
  const auto segments = segments_of(pattern);
  for (std::size_t n = 0; n < segments; ++n) {
    const auto segment = segment_of(pattern, n);
    const auto weak = weaken(segment);
    if (weak == segment) continue;
    const auto group = with_segment(pattern, n, weak);
    if (++kinds_[hash_bytes(group, db)] > most_of_a_kind) return fold_kind(db, group);
  }
}

/// Whether every segment of the pattern is the group's, or becomes it when weakened or taken for any text.
bool PatternTable::is_of_kind(const Slot& slot, std::uint32_t db, std::string_view group) const {
  if (slot.merged_into != none || slot.cell->db() != db) return false;
  std::string_view pattern = slot.cell->pattern();
  while (true) {
    const auto mine = pattern.substr(0, pattern.find(':')), theirs = group.substr(0, group.find(':'));
    // Most cells differ in the first bytes already; this comparison keeps folding cheap.
    const bool alike =
        mine == theirs || (theirs == any_text ? !slot.landmark && !is_placeholder(mine)
                                              : theirs.find('{') != theirs.npos && weaken(mine) == theirs);
    if (!alike) return false;
    const bool last = mine.size() == pattern.size(), their_last = theirs.size() == group.size();
    if (last || their_last) return last && their_last;
    pattern.remove_prefix(mine.size() + 1), group.remove_prefix(theirs.size() + 1);
  }
}

/// Merges every cell of the kind into the cell of `group`.
void PatternTable::fold_kind(std::uint32_t db, const std::string& group) {
  const auto key = hash_bytes(group, db);
  folds_.insert(key);
  auto target = find(db, group);
  const bool is_new = target == none;
  for (std::uint32_t i = 0; i < cells_.size(); ++i) {
    auto& slot = cells_[i];
    if (i == target || !is_of_kind(slot, db, group)) continue;
    ++folded_patterns_;
    if (target != none) {
      merge(i, target);
      continue;
    }
    target = i;
    by_pattern_.erase(hash_bytes(slot.cell->pattern(), db));
    slot.cell->rename(group);
    by_pattern_[key] = i;
  }
  if (is_new && target != none) count_kinds(target);
}

void PatternTable::merge(std::uint32_t from, std::uint32_t into) {
  auto& slot = cells_[from];
  by_pattern_.erase(hash_bytes(slot.cell->pattern(), slot.cell->db()));
  cells_[into].cell->merge(*slot.cell);
  slot.cell.reset();
  slot.merged_into = into;
  --live_;
}

void PatternTable::make_room() {
  kinds_.clear();  // what did not become many by now may begin to count anew
  fold_widest();
  if (live_ > most_cells / 2) give_up_rarest();
}

void PatternTable::fold_widest() {
  constexpr std::size_t least_members = 16;
  struct Kind {
    std::size_t members = 0;
    std::uint32_t db = 0;
    std::string group{};
  };
  std::unordered_map<std::uint64_t, Kind> kinds;
  for (const auto& slot : cells_) {
    if (slot.merged_into != none || slot.landmark) continue;
    const auto& pattern = slot.cell->pattern();
    const auto segments = segments_of(pattern);
    for (std::size_t n = 0; n < segments; ++n) {
      if (is_placeholder(segment_of(pattern, n))) continue;
      auto group = with_segment(pattern, n, any_text);
      auto& kind = kinds[hash_bytes(group, slot.cell->db())];
      if (kind.members++ == 0) kind.db = slot.cell->db(), kind.group = std::move(group);
    }
  }
  std::vector<Kind> widest;
  for (auto& [hash, kind] : kinds)
    if (kind.members >= least_members) widest.push_back(std::move(kind));
  std::sort(widest.begin(), widest.end(), [](const Kind& a, const Kind& b) {
    return a.members != b.members ? a.members > b.members : std::tie(a.group, a.db) < std::tie(b.group, b.db);
  });
  for (const auto& kind : widest) {
    if (live_ <= most_cells / 2) return;
    fold_kind(kind.db, kind.group);
  }
}

void PatternTable::give_up_rarest() {
  std::vector<std::uint32_t> rarest;
  for (std::uint32_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].cell && !cells_[i].landmark && cells_[i].cell->pattern() != other) rarest.push_back(i);
  std::stable_sort(rarest.begin(), rarest.end(),
                   [&](auto a, auto b) { return cells_[a].cell->keys() < cells_[b].cell->keys(); });
  for (const auto i : rarest) {
    if (live_ <= most_cells / 2) return;
    const auto db = cells_[i].cell->db();
    auto target = find(db, other);
    if (target == none) {
      target = static_cast<std::uint32_t>(cells_.size());
      by_pattern_[hash_bytes(other, db)] = target;
      cells_.push_back(
          {std::make_unique<Cell>(db, std::string(other), cells_[i].cell->example()), none, false});
      ++live_;
    }
    ++folded_patterns_;
    merge(i, target);
  }
}

}  // namespace headroom::survey
