#pragma once

#include <cstdint>
#include <string>

#include "source/rdb/chunks.h"
#include "source/rdb/events.h"

/// Reads RDB snapshots: versions 1 to 15 (Redis 2 to 8, Valkey 7 and 8) and "VALKEY080" (Valkey 9). Judged by
/// redis-server 7.0.15: 10, which it wrote, and 1 to 9 with the old types, which it loaded. 11 and later by
/// their published layouts and files made by hand. Facts: rdb-and-speed.md section 5; src/rdb.c and src/rdb.h
/// of Redis 7.0.
namespace headroom::source::rdb {

/// What the checksum at the end of the file said.
enum class Checksum : std::uint8_t {
  unread,  ///< the end was not reached
  absent,  ///< the version has none (before 5), or the server has rdbchecksum off
  right,
  wrong,
};

/// How the reading went. Everything that was told until then is true, up to `last_key`.
struct Decoded {
  bool complete = false;  ///< the end of the snapshot was reached, and its checksum is not wrong
  unsigned version = 0;   ///< of the format; 0: there was no header
  bool valkey = false;
  Checksum checksum = Checksum::unread;
  std::uint64_t keys = 0;   ///< told, the last one included when it was whole
  std::uint64_t bytes = 0;  ///< of the snapshot, read
  std::uint64_t crc = 0;  ///< CRC64 of all that was read up to the end mark: tells one snapshot from another
  std::uint64_t skipped = 0;  ///< of those, passed over by their framing alone: module values and module data
  std::string fault{};        ///< what is wrong; empty when complete
  std::uint64_t offset = 0;   ///< where it is wrong
  std::string last_key{};     ///< the last whole key before the fault
  bool input_failed = false;  ///< the fault is the input's (file, connection), not the snapshot's
};

/// Reads one snapshot and tells `events`. Ends by itself on every input (RDB-1, F01-F07): nothing is
/// allocated by a length that the file declares, an unknown opcode or type ends the reading with its offset,
/// since nothing tells where the next key begins. What stands behind the end (an append-only file with a
/// preamble goes on with commands) is not read.
///
/// Speed: values that nobody wants are passed over: no decompression to learn a length, no allocation per
/// key.
Decoded decode(Chunks& chunks, Events& events);

}  // namespace headroom::source::rdb
