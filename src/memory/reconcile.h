#pragma once

#include <vector>

#include "model/pattern_group.h"
#include "model/server_facts.h"
#include "model/survey.h"

/// The arithmetic between what keys are said to cost and what the server says it uses.
namespace headroom::memory {

/// The parts of used_memory, each with its name and one sentence; they sum to used_memory to the byte,
/// because the last one, "not explained", is the rest (it may be negative: MEMORY USAGE overstates streams
/// and some sets). Empty when the server did not give used_memory.
///
/// `keys` is the sum of MEMORY USAGE over all keys. What that leaves out (memory-model.md A.4) is added from
/// the numbers of keys: the two hash tables of each database, 8 bytes for each slot, as many slots as the
/// next power of two; an entry of 24 bytes for each key with a TTL; and on allocators with a quantum of 16
/// the 8 bytes by which each entry of the main table is rounded up.
std::vector<ReconciliationLine> reconcile(const ServerFacts& server, const Estimate& keys);

}  // namespace headroom::memory
