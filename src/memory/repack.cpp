#include "memory/repack.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace headroom::memory {
namespace {

constexpr std::uint64_t frame = 7;  // of a listpack; one is enough for two that are put together
constexpr std::array<std::uint64_t, ladders::node_sizes.size()> room_of_node{8192, 16384, 32768, 65536};

constexpr std::int64_t longest_chosen = 1024, most_entries_chosen = 512, largest_node_chosen = -3;
constexpr double knee = 0.95, notable_share = 0.01;

std::optional<std::size_t> step(std::span<const std::int64_t> limits, std::uint64_t needed) {
  const auto found = std::find_if(limits.begin(), limits.end(), [&](std::int64_t limit) {
    return limit == 0 || static_cast<std::uint64_t>(limit) >= needed;
  });
  if (found == limits.end()) return {};
  return static_cast<std::size_t>(found - limits.begin());
}

/// The place of the lowest rung under which such a value is one blob.
std::optional<std::size_t> lowest_rung(Repacked kind, const TableShape& shape) {
  const auto rungs = ladder(kind);
  const auto value = step(rungs.values, shape.longest), entry = step(rungs.entries, shape.elements);
  if (!value || !entry) return {};
  return rungs.place(*value, *entry);
}

std::optional<Repacked> kind_of(KeyType type) {
  if (type == KeyType::hash) return Repacked::hash;
  if (type == KeyType::zset) return Repacked::zset;
  if (type == KeyType::set) return Repacked::set;
  return {};
}

std::int64_t difference(Bytes a, Bytes b) {
  return static_cast<std::int64_t>(a.count) - static_cast<std::int64_t>(b.count);  // both below most_bytes
}

bool within_reason(Repacked kind, std::int64_t value) {
  return kind == Repacked::list ? value >= largest_node_chosen : value <= longest_chosen;
}

/// Steps of the ladder of entries that may be chosen: none below what the server packs already, and none
/// beyond reason unless it packs so many already.
bool may_choose(Repacked kind, std::size_t entry, std::uint64_t packed_elements) {
  const auto limits = ladder(kind).entries;
  const auto least = step(limits, packed_elements).value_or(limits.size() - 1);
  const bool reasonable = kind == Repacked::set_of_integers || limits[entry] <= most_entries_chosen;
  return entry == least || (entry > least && reasonable);
}

/// Of the longest blob that these limits allow, to compare them by.
std::int64_t longest_blob(Repacked kind, std::int64_t value, std::int64_t entries) {
  if (kind == Repacked::list) return -value;
  return std::max<std::int64_t>(value, 1) * entries;
}

struct Rung {
  std::size_t value = 0, entry = 0;
  std::int64_t longest = 0;
  RepackSum saved{};
};

}  // namespace

void RepackModel::close(Regrouped& nodes) const {
  if (nodes.open > 0) nodes.bytes = add_capped(nodes.bytes, model_.list_node(nodes.open).count);
  nodes.open = 0;
}

void RepackModel::node(const StoredKey& key, std::uint64_t length, bool plain) {
  model_.node(key, length, plain);
  if (plain || key.layout != Layout::quicklist) return;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    auto& nodes = lists_[i];
    const auto together = add_capped(nodes.open, length) - std::min(length, frame);
    if (i > 0 && nodes.open > 0 && together <= room_of_node[i]) {
      nodes.open = together;
    } else {
      close(nodes);
      nodes.open = length;
    }
  }
}

void RepackModel::list() {
  std::int64_t before = 0;
  bool counted = false;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    close(lists_[i]);
    if (i == 0) continue;
    // A class of the allocator can make larger nodes dearer; nobody would choose them for that list alone.
    const auto saved = difference({lists_[0].bytes}, {lists_[i].bytes});
    if (saved != before) {
      on_gain_(keys_, {static_cast<std::uint8_t>(ladder(Repacked::list).place(i, 0)), counted ? 0U : 1U,
                       saved - before});
      counted = true;
    }
    before = saved;
  }
  lists_ = {};
}

void RepackModel::table(const StoredKey& key, const ValueSize& size, const TableShape& shape, Bytes now) {
  if (key.type == KeyType::set && shape.all_integers) {
    const auto place = lowest_rung(Repacked::set_of_integers, shape);
    if (place)
      on_gain_(keys_, {static_cast<std::uint8_t>(*place), 1, difference(now, model_.as_intset(key, shape))});
    return;
  }
  const auto kind = kind_of(key.type);
  if (!kind || (*kind == Repacked::set && !model_.has_small_sets())) return;
  const auto place = lowest_rung(*kind, shape);
  if (place)
    on_gain_(keys_,
             {static_cast<std::uint8_t>(*place), 1, difference(now, model_.as_listpack(key, size, shape))});
}

Bytes RepackModel::finish(const StoredKey& key, const ValueSize& size) {
  const bool in_table = key.layout == Layout::table || key.layout == Layout::skiplist;
  const auto shape = in_table ? model_.shape(key) : TableShape{};
  const auto now = model_.finish(key, size);
  if (in_table) table(key, size, shape, now);
  if (key.layout == Layout::quicklist) list();
  auto kind = kind_of(key.type);
  if (key.layout == Layout::intset) kind = Repacked::set_of_integers;
  const bool in_blob =
      key.layout == Layout::listpack || key.layout == Layout::ziplist || key.layout == Layout::intset;
  if (kind && in_blob) {
    auto& most = packed_elements_[static_cast<std::size_t>(*kind)];
    most = std::max(most, size.elements);
  }
  ++keys_;
  return now;
}

RepackChoice choose(Repacked kind, const RepackSums& sums, std::uint64_t packed_elements, double all_bytes) {
  const auto rungs = ladder(kind);
  std::vector<Rung> open;
  std::int64_t most = 0;
  for (std::size_t v = 0; v < rungs.values.size(); ++v)
    for (std::size_t e = 0; e < rungs.entries.size(); ++e) {
      if (!within_reason(kind, rungs.values[v]) || !may_choose(kind, e, packed_elements)) continue;
      open.push_back({v, e, longest_blob(kind, rungs.values[v], rungs.entries[e]), sums.under(kind, v, e)});
      most = std::max(most, open.back().saved.bytes);
    }
  std::erase_if(open, [&](const Rung& rung) {
    return static_cast<double>(rung.saved.bytes) < knee * static_cast<double>(most);
  });
  const auto chosen = std::min_element(open.begin(), open.end(),
                                       [](const Rung& a, const Rung& b) { return a.longest < b.longest; });
  RepackChoice choice{kind};
  choice.made_anew = sums.under(kind, 0, 0);
  choice.most = sums.under(kind, rungs.values.size() - 1, rungs.entries.size() - 1);
  if (chosen == open.end()) return choice;  // all would grow
  choice.value = chosen->value, choice.entry = chosen->entry, choice.saved = chosen->saved;
  choice.worth =
      choice.saved.bytes > 0 && static_cast<double>(choice.saved.bytes) >= notable_share * all_bytes;
  return choice;
}

}  // namespace headroom::memory
