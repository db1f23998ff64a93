#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "act/execute/job.h"

/// Where items stand in the list that a batch takes them from.
namespace headroom::act {

/// Changes of one key, in the order in which they will be made: the job, and which of its changes.
using Changes = std::vector<std::pair<Job*, std::size_t>>;

/// So many equal items of a list are told apart.
inline constexpr std::size_t most_places = 100;

/// Whether they are list_remove: all changes of members of a key are of one kind.
bool take_items(const Changes& changes);

/// From MemberState::places and the length of the list before the batch: place, stay and length of each item,
/// as they are when the steps before it have taken theirs. Of equal items LREM takes the first. The places of
/// one step are all those of the list before it.
void places_in_turn(const Changes& changes);

}  // namespace headroom::act
