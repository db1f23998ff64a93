#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::facts {

/// The writes that a server has behind it, as replication names them: an id for a line of writes, and a
/// count of bytes along it.
struct ReplicationHistory {
  std::string id{};
  std::uint64_t offset = 0;       ///< where the server stands
  std::string earlier_id{};       ///< the line it was on before; empty: none
  std::uint64_t earlier_end = 0;  ///< how far along that one it went

  /// Whether a copy of the data that carries `id` and `offset` is a state through which this server went:
  /// then all that has changed since was changed by writes to it. A server that began from an older file, or
  /// that lost the last writes of its master, was never where a newer file is.
  /// Source: redis src/replication.c shiftReplicationId(), src/server.c loadDataFromDisk():
  /// second_repl_offset is the first byte that is not shared any more.
  bool went_through(std::string_view id, std::uint64_t offset) const;
};

/// Asks INFO replication. What the server does not say stays empty. Errors: the connection is lost.
Result<ReplicationHistory> replication_history(wire::Link& link);

}  // namespace headroom::facts
