#include "act/execute/list_places.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

namespace headroom::act {
namespace {

using Change = Changes::value_type;

MemberState& item_of(const Change& one) { return one.first->members[one.second]; }
std::string_view text_of(const Change& one) { return one.first->step.changes[one.second].member; }

/// Of the item that goes when `turn` equal ones have gone; -1: there are no more.
std::int64_t place_of(const MemberState& item, std::size_t turn) {
  if (turn < item.places.size()) return item.places[turn];
  return item.places.size() < most_places ? -1 : item.places.back();
}

}  // namespace

bool take_items(const Changes& changes) {
  const auto& [job, i] = changes.front();
  return job->step.changes[i].kind == ChangeKind::list_remove;
}

void places_in_turn(const Changes& changes) {
  if (!take_items(changes)) return;
  std::map<std::string_view, std::size_t> taken;
  std::vector<std::int64_t> gone;
  for (auto from = changes.begin(), to = from; from != changes.end(); from = to) {
    const auto before = static_cast<std::ptrdiff_t>(gone.size());
    for (; to != changes.end() && to->first == from->first; ++to) {
      auto& item = item_of(*to);
      const auto own = place_of(item, taken[text_of(*to)]++);
      item.place =
          own - std::count_if(gone.begin(), gone.begin() + before, [own](auto other) { return other < own; });
      if (own >= 0) gone.push_back(own);
    }
    for (auto one = from; one != to; ++one) {
      auto& item = item_of(*one);
      const auto equal = item.places.size(), away = taken[text_of(*one)];
      if (equal < most_places) item.stay = static_cast<std::int64_t>(equal - std::min(equal, away));
      item.length -= std::min<std::uint64_t>(item.length, gone.size());
    }
  }
}

}  // namespace headroom::act
