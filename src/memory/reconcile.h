#pragma once

#include <vector>

#include "model/pattern_group.h"
#include "model/server_facts.h"
#include "model/survey.h"

/// The arithmetic between what keys are said to cost and what the server says it uses.
namespace headroom::memory {

/// What the sum over all keys holds.
enum class KeysHold : std::uint8_t {
  memory_usage,  ///< what MEMORY USAGE says: without entries of the table of deadlines and the allocator's
                 ///< rounding
  model,         ///< what KeyModel says: all but the tables that find keys
};

/// The parts of used_memory, each with its name and one sentence; they sum to used_memory to the byte,
/// because the last one, "not explained", is the rest (it may be negative: MEMORY USAGE overstates streams
/// and some sets). Empty when the server did not give used_memory.
///
/// `keys` is the sum over all keys. The tables that find them are added from the numbers of keys
/// (key_tables.h). What MEMORY USAGE leaves out (memory-model.md A.4) is added where it is needed: an entry
/// of 24 bytes for each key with a TTL; and on allocators with a quantum of 16 the 8 bytes by which each
/// entry of the main table is rounded up.
std::vector<ReconciliationLine> reconcile(const ServerFacts& server, const Estimate& keys,
                                          KeysHold hold = KeysHold::memory_usage);

}  // namespace headroom::memory
