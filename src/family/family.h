#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/attribution.h"
#include "model/key_record.h"
#include "model/queue.h"

/// What headroom knows of the libraries that write keys: data, one file per library in known/.
namespace headroom::family {

/// Names of headroom itself begin so. What a run put aside still looks like a key of its library behind this,
/// but no other family's shapes and no proof may have it: planners would find it again.
inline constexpr std::string_view own_names = "headroom:";

/// A set of key types.
struct Types {
  std::uint16_t bits = 0;
  constexpr Types() = default;
  constexpr Types(KeyType type)
      : bits(static_cast<std::uint16_t>(1U << static_cast<unsigned>(type))) {}  // NOLINT: reads as data
  constexpr Types operator|(Types other) const {
    Types t;
    t.bits = bits | other.bits;
    return t;
  }
  constexpr bool has(KeyType type) const { return (bits >> static_cast<unsigned>(type)) & 1U; }
};

/// When a key of a shape is debris. `none` means never by itself.
enum class DebrisWhen : std::uint8_t {
  none,
  without_ttl,   ///< no TTL although the library sets one
  idle,          ///< not touched for `idle_minutes`
  newer_layout,  ///< the owner, or a queue beside it, shows a layout in which nobody writes this key any more
  smaller_than_job,  ///< a hash too small to be a job: 120 bytes or less beside its name; a job has 150 or
                     ///< more
};

/// One kind of key. `shape` is literal text with placeholders:
///   {root}  the owner's prefix: one or more segments, may hold ':' and anything else; only at the start
///   {prefix} zero or more bytes glued in front without a separator (kombu's global_keyprefix,
///   redis-namespace); they are
///           the owner's name; only at the start
///   {n}     decimal digits          {uuid}  8-4-4-4-12 hex      {hex}  hex digits, 8 or more
///   {uuid3} a {uuid} of version 3
///   {id}    one or more bytes without ':'                       {any}  one or more bytes of any kind
/// A literal brace is doubled. Where one name can be read in several ways, {root} is as long and {prefix} as
/// short as it can be. A family in which no shape has a tell needs no confirmation: its names speak for
/// themselves (`rq:job:{any}`). In every other family a shape counts only where the tells under the same
/// {root} or {prefix} (or none) add up to 4.
struct KeyShape {
  std::string_view shape{};
  Types types{};
  std::string_view role{};  ///< the part it is shown under: "job", "waiting", "events", "result", "log",
                            ///< "lock", "counter", ...
  Care care = Care::hands_off;
  std::string_view why{};
  std::uint8_t tell = 0;  ///< how much a key of this shape and type says that {root} is this family's; a root
                          ///< is confirmed at 4
  DebrisWhen debris_when = DebrisWhen::none;
  std::string_view debris{};  ///< kind, kebab-case
  Certainty certainty = Certainty::suspected;
  std::string_view debris_why{};
  std::uint32_t idle_minutes = 0;
  /// Only where a key of this other shape of the family stands beside it, with the same {any}. Both shapes
  /// consist of {prefix}, {any} and one literal: the list "{prefix}{any}" beside
  /// "{prefix}_kombu.binding.{any}" is a queue.
  std::string_view beside{};
};

/// What a present shape says about the version of the library that wrote it.
struct VersionTell {
  std::string_view shape{};    ///< one of the family's shapes
  std::string_view version{};  ///< "5.1 or later"
};

struct Example {
  std::string_view key{};
  KeyType type = KeyType::unknown;
  std::string_view role{};
};

/// What the answer about one key says of a queue.
enum class QueuePart : std::uint8_t {
  state,    ///< a number of jobs; rows of the same name are added up
  counted,  ///< not asked: the keys seen of the shape `key`, as a state
  schedulers,
  event_entries,
  event_bytes,
  last_event,      ///< Ask::last_stream_id
  finished_first,  ///< lowest score of finished work, ms since the epoch
  finished_last,   ///< highest
  heartbeat,       ///< a text: ms since the epoch
  flag,            ///< `name` becomes a flag when the number is not 0
  note,            ///< asked for Family::describe alone
};

/// One row of the table that turns the keys of a queue into a QueueState.
struct QueueFact {
  QueuePart part = QueuePart::state;
  std::string_view name{};  ///< of the state (the library's own word) or flag
  std::string_view key{};   ///< "{root}:wait", "rq:wip:{queue}"; {root} is what {root} or {prefix} stood for.
                            ///< Braces doubled as in shapes
  Ask ask = Ask::length;
  std::vector<std::string_view> arguments{};
};

struct Family {
  std::string_view name{};              ///< "bullmq"
  std::string_view title{};             ///< "BullMQ 1-6"
  std::vector<KeyShape> shapes{};       ///< the first that fits name and type wins
  std::vector<VersionTell> versions{};  ///< the last that is present wins: oldest first
  std::vector<std::string_view>
      rivals{};  ///< families that may share a root; the one with the higher sum of tells owns it
  bool closed_world =
      false;               ///< a container of no known shape under a confirmed root makes the owner read-only
  bool read_only = false;  ///< recognised, never touched (BullMQ Pro)
  std::vector<Example> examples{};  ///< a test holds the family to them

  /// How the `queues` command sees it; empty: the family has no queues. Rows whose key holds {queue} describe
  /// each queue of a root; the others describe the root itself (for Bull the root is the queue).
  std::vector<QueueFact> queue_facts{};
  /// Where the names of queues come from when a root may have several; shapes of this family.
  /// Of `name_sets`, every member of a set is a name; of `name_keys`, what {any} or {id} stands for is one.
  std::vector<std::string_view> name_sets{};
  std::vector<std::string_view> name_keys{};
  /// In a member, the name is what stands behind the last of these; empty: the whole member.
  std::string_view name_after{};
  /// Corrects and completes what the rows gave, with their answers in order: version, caps, words. `now` is
  /// the server's clock. May be null.
  void (*describe)(std::span<const Answer> answers, std::chrono::milliseconds now,
                   QueueState& state) = nullptr;
};

/// Every known family, from known/. In order of file name.
std::vector<Family> known_families();

}  // namespace headroom::family
