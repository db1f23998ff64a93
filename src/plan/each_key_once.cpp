#include "plan/each_key_once.h"

#include <algorithm>

namespace headroom::plan {
namespace {

bool takes_key(const Change& change) {
  switch (change.kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
    case ChangeKind::expire_at:
    case ChangeKind::persist:  // what one rule keeps for good, no other takes in the same plan
    case ChangeKind::quarantine:
      return true;
    default:
      return false;
  }
}

std::uint64_t hash_of(const Step& step, const Change& change) {
  return hash_bytes(step.keys.at(change.key), step.db);
}

}  // namespace

Result<bool> EachKeyOnce::step(const Step& step) {
  const auto own = std::find_if(step.changes.begin(), step.changes.end(), takes_key);
  if (own != step.changes.end() && taken_.has_hash(hash_of(step, *own))) return true;
  for (const auto& change : step.changes)
    if (takes_key(change)) fresh_.push_back(hash_of(step, change));
  return to_.step(step);
}

void EachKeyOnce::next_planner() {
  for (const auto hash : fresh_) taken_.add_hash(hash);
  fresh_.clear();
  taken_.seal();
}

}  // namespace headroom::plan
