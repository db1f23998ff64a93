#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/bull_queue.h"

/// What a queue of Bull or BullMQ may have left behind, as it was found.
namespace headroom {

/// A hash under the root that no list or set named when its name was met.
struct BullCandidate {
  std::string id{};
  bool there = false;                          ///< a hash, when it was asked about
  std::optional<std::chrono::seconds> idle{};  ///< before we asked; empty: the server does not tell (LFU)
  std::int64_t fingerprint = 0;
  std::optional<std::chrono::milliseconds>
      newest{};  ///< of timestamp, processedOn, finishedOn; since the epoch
  bool has_name = false, has_data = false, has_opts = false, has_timestamp = false;
  bool grouped = false;  ///< `gid`: BullMQ Pro keeps it in a group
  bool locked = false;
  std::vector<std::string> fields{};  ///< all, asked for only where it has none of the four of a job
  std::string parent{};
  bool awaited = false;  ///< `parent` exists and waits for it
  BullJobParts parts = 0;
  Bytes bytes{};           ///< with its parts
  bool named = false;      ///< a set or list named it at a second look
  bool mentioned = false;  ///< an event told of it since the reading began
};

/// Fields that a run writes: a hash of these alone is what is left of a job whose hash was gone.
inline constexpr std::array<std::string_view, 14> bull_run_fields = {
    "processedOn", "finishedOn", "failedReason", "stacktrace", "returnvalue",    "progress", "attemptsMade",
    "ats",         "atm",        "stc",          "pb",         "stalledCounter", "delay",    "priority"};

/// A key whose name says that it belongs to a job: its log, its children.
struct BullSubKey {
  std::string id{};      ///< of the job
  std::size_t part = 0;  ///< which of bull_job_parts
  bool there = false;    ///< what the name says: of the right type, and no job itself
  bool is_job = false;   ///< a hash that is a job of the id "ID:PART", or may be one
  bool job_there = false;
  bool of_children = true;  ///< a hash whose fields are keys of jobs
  bool of_queues =
      false;  ///< a set, zset or hash: all entries that were looked at are keys under the queue's prefix
  std::uint64_t counter = 0;  ///< ids that the queue has given out
  bool named = false;         ///< a set or list of the queue names the job
  std::optional<std::chrono::seconds> idle{};
  Bytes bytes{};
};

struct BullDeduplication {
  std::string key{};
  std::string id{};  ///< of the job it names
  bool has_ttl = false;
  bool job_there = false;
  Bytes bytes{};
};

/// A member of a state without a hash.
struct BullDangler {
  std::string state{};
  std::string id{};
  std::optional<double> score{};  ///< empty: the state is a list
};

/// A key that only older versions of the library use.
struct BullLegacyKey {
  std::string suffix{};  ///< "priority", "delay"
  std::string type{};    ///< empty: there is none
  std::uint64_t length = 0;
  bool in_use =
      false;  ///< of `priority`: a job that it orders waits (some members were looked at, of small ones all)
  std::optional<std::chrono::seconds> idle{};
  Bytes bytes{};
};

/// How a queue was when the reading began.
struct BullLook {
  std::string version{};  ///< of meta: "bullmq:5.81.5", who opened it last
  bool has_events = false;
  std::string last_event{};        ///< id of the last event
  std::uint64_t events_added = 0;  ///< in all the life of the stream; 0: the server does not tell
  std::uint64_t waiting = 0, paused = 0, active = 0;
};

/// The number of the major version that opened the queue last; 0: not known.
inline unsigned major_version(std::string_view version) {
  const auto colon = version.find(':');
  if (colon != std::string_view::npos) version.remove_prefix(colon + 1);
  unsigned major = 0;
  for (const char c : version) {
    if (c < '0' || c > '9' || major > 1000) break;
    major = major * 10 + static_cast<unsigned>(c - '0');
  }
  return major;
}

/// What happened in a queue while it was read.
struct BullNews {
  bool covered = false;  ///< every transition since the look is known
  bool paused = false;   ///< paused or resumed: up to version 5 all jobs went to another list
  bool copy = false;     ///< all was read at one moment, from a copy that may be days old
  /// And that copy is not known to be an earlier state of the server: what the server's lists hold must be
  /// asked of itself, at the moment of the change.
  bool elsewhere = false;
};

}  // namespace headroom
