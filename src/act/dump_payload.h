#pragma once

#include <string>

#include "act/journal.h"

namespace headroom::act {

/// What RESTORE takes for a key as it was: type byte and value, 2 bytes of RDB version, 8 bytes of CRC64.
/// Source: createDumpPayload() and verifyDumpPayload() in src/cluster.c of Redis 7.0.
std::string dump_payload(const KeyBefore& key);

}  // namespace headroom::act
