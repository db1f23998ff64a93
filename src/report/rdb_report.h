#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "model/key_record.h"
#include "model/report.h"

/// `headroom rdb check` and `headroom rdb stats`: what a snapshot is made of, and whether it is whole.
namespace headroom::report {

/// Keys of one database, type and encoding.
struct StoredKind {
  std::uint32_t db = 0;
  KeyType type = KeyType::unknown;
  Encoding encoding = Encoding::unknown;
  std::uint64_t keys = 0;
  std::uint64_t with_ttl = 0;
  std::uint64_t elements = 0;
  Bytes in_file{};  ///< from a key's first byte to the next one's
};

/// What was read of a snapshot, up to its end or its first fault.
struct RdbContents {
  std::string name{};  ///< path, or "standard input"
  unsigned version = 0;
  bool valkey = false;
  std::vector<std::pair<std::string, std::string>> aux{};  ///< hostile bytes, both
  std::uint64_t libraries = 0;                             ///< of functions
  Bytes library_code{};
  std::vector<StoredKind> kinds{};
  std::uint64_t keys = 0;
  Bytes read{};            ///< of the snapshot, unpacked
  Bytes skipped{};         ///< of those, passed over by their framing alone (modules)
  std::string checksum{};  ///< "right", "wrong", "absent", "unread"
  bool complete = false;
  std::string fault{};  ///< empty when complete
  std::uint64_t offset = 0;
  std::optional<std::string> last_key{};  ///< the last whole one before the fault
  std::chrono::milliseconds took{};
};

/// "headroom.rdb-check/1": whether it is sound, the first fault, keys per database and type.
Report rdb_check_report(const RdbContents& contents);

/// "headroom.rdb-stats/1": keys per database, type and encoding, TTLs, bytes of the file, what the header
/// says, speed.
Report rdb_stats_report(const RdbContents& contents);

}  // namespace headroom::report
