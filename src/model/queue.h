#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace headroom {

/// A question about one key of a queue, asked by the facts room, which knows nothing of libraries.
enum class Ask : std::uint8_t {
  length,          ///< LLEN, SCARD, ZCARD, HLEN, XLEN or STRLEN by the key's type -> number
  fields,          ///< HMGET key argument... -> texts, in order
  string_value,    ///< GET -> text
  members,         ///< SMEMBERS, at most 1000 -> texts
  first_score,     ///< lowest score of a zset -> number
  last_score,      ///< highest score
  last_stream_id,  ///< XINFO STREAM last-generated-id -> text "ms-seq"
  ttl,             ///< PTTL -> number (milliseconds), empty when none
  exists,          ///< -> number 0/1
  bytes,           ///< MEMORY USAGE -> number
};
struct Question {
  std::string key{};
  std::uint32_t db = 0;
  Ask ask = Ask::length;
  std::vector<std::string> arguments{};
};
struct Answer {
  std::optional<double> number{};
  std::vector<std::optional<std::string>> texts{};
  std::string error{};  ///< the server's refusal, in its words, escaped; empty: none
};

/// One queue as its own library would describe it.
struct QueueState {
  std::string_view family{};
  std::string owner{};
  std::uint32_t db = 0;
  std::string version{};
  std::vector<std::pair<std::string, std::uint64_t>> states{};  ///< names are the library's own, in its order
  std::vector<std::pair<std::string, Bytes>> parts{};           ///< bytes by role, when measured
  std::optional<std::uint64_t> event_entries{}, event_cap{};
  std::optional<Bytes> event_bytes{};
  std::optional<std::chrono::milliseconds> oldest_finished{},
      last_activity{};  ///< since the epoch, server's clock
  std::optional<std::chrono::milliseconds> heartbeat_age{};
  std::optional<std::uint64_t> schedulers{};
  std::string retention{};  ///< in force, as far as it shows: "none seen: 12 000 completed jobs kept"
  std::vector<std::string> flags{};  ///< "paused", "read-only: ...", "layout: bullmq 4", ...
};

}  // namespace headroom
