#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/link.h"

/// What a kombu broker holds, read without changing it.
namespace headroom::source::celery {

/// A set, with what stood in it. SSCAN: a member may come twice, and is kept once.
struct ReadSet {
  std::optional<std::chrono::seconds> idle{};  ///< before it was read
  std::vector<std::string> members{};
  bool whole = true;  ///< false: there were more than `most_members`
};
inline constexpr std::size_t most_members = 100'000;
Result<ReadSet> read_set(wire::Link& link, std::string_view key);

/// A list, looked at without touching it.
struct ReadList {
  std::string_view key{};  ///< of the names that were given
  std::optional<std::chrono::seconds> idle{};
  Bytes bytes{};
};
/// Those names that are lists without a TTL. TYPE, PTTL, OBJECT IDLETIME, MEMORY USAGE; one round trip.
Result<std::vector<ReadList>> read_lists(wire::Link& link, std::span<const std::string> names);

/// A message in `unacked`.
struct ReadMessage {
  std::string tag{}, text{};
  std::optional<double>
      fetched{};  ///< by the worker's clock, seconds since the epoch; empty: not in the index
};
struct ReadUnacked {
  std::uint64_t messages = 0, indexed = 0;  ///< HLEN, ZCARD
  Bytes bytes{};
  std::vector<ReadMessage> read{};
  std::vector<std::string>
      index_only{};   ///< tags of the index that stood in no message, at most most_members
  bool whole = true;  ///< false: too many messages or bytes, `read` is empty
};
/// Counts alone; those and `index_only`; those and `read`.
enum class UnackedLook : std::uint8_t { counts, index, messages };
/// The hash first and the index after it: a message that is taken meanwhile is in the index alone for us, so
/// each of `index_only` was asked for again (HEXISTS) at the end.
Result<ReadUnacked> read_unacked(wire::Link& link, std::string_view hash, std::string_view index,
                                 UnackedLook look);

/// Who is connected, as far as a worker would show.
struct ReadClients {
  bool known = false;          ///< false: CLIENT LIST is not for us
  std::uint64_t patterns = 0;  ///< of this database, subscribed to a pattern: remote control, events
  std::uint64_t poppers = 0;   ///< of this database, whose last command pops from lists
};
Result<ReadClients> read_clients(wire::Link& link, std::uint32_t db);

}  // namespace headroom::source::celery
