#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "family/family.h"
#include "model/stored_value.h"

/// What the name and type of a key may be in a queue of Bull or BullMQ, before it is known which queues there
/// are. Facts: known/bull.cpp, known/bullmq.cpp, the packages' own Lua scripts.
namespace headroom::family {

/// The keys of which a queue has one each.
enum class BullPart : std::uint8_t {
  none,
  wait,
  paused,
  active,
  prioritized,
  delayed,
  waiting_children,
  completed,
  failed,  // the states, in this order
  id,
  meta,
  events,
  stalled,
  stalled_check,
  repeat,
  priority,
  delay_stream,
  marker,
  pc,
  meta_paused,
  limiter,
  limiter_index,
  metrics_completed,
  metrics_failed,
  metrics_completed_data,
  metrics_failed_data,
};
inline constexpr std::size_t bull_part_count = 26;
inline constexpr std::size_t bull_state_count = 8;

constexpr bool is_state(BullPart part) { return part >= BullPart::wait && part <= BullPart::failed; }
/// As a flag of an id, bit 0 to 7.
constexpr std::uint16_t state_flag(BullPart part) {
  return static_cast<std::uint16_t>(1U << (static_cast<unsigned>(part) - 1));
}
constexpr std::uint16_t finished_states = state_flag(BullPart::completed) | state_flag(BullPart::failed);
constexpr std::uint16_t all_states = 0xFF;

struct BullPartName {
  BullPart part = BullPart::none;
  KeyType type = KeyType::unknown;
  std::string_view suffix{};  ///< behind the root's ':'
  bool has_ttl = false;       ///< the library itself gives it one
};
/// Null for BullPart::none.
const BullPartName* bull_part(BullPart part);

/// What else a key may be.
enum class BullRole : std::uint8_t {
  none,              ///< nothing of a queue, or nothing that matters
  part,              ///< BullKey::part of the queue `root`
  job,               ///< a hash: a job of some queue above
  job_or_children,   ///< a hash: a job, or what the children of the job `lead` left (:processed, :failed)
  job_or_scheduler,  ///< a hash with ":repeat:" in its name
  job_or_next,       ///< a hash with ":dn:" in its name: a job of the queue `root`, or one that waits for its
                     ///< equal to end
  part_of_job,       ///< of the job `lead`: :logs, :dependencies, :unsuccessful
  lock,              ///< a string: a worker holds the job `lead`
  deduplication,     ///< of the queue `root`
  held_back,         ///< a set: jobs of the queue `root` that a rate limit holds back
  group,             ///< of BullMQ Pro
  unknown_container,  ///< may hold jobs: under a root nothing can be proved
};

/// Views into the name.
struct BullKey {
  BullRole role = BullRole::none;
  BullPart part = BullPart::none;
  std::string_view lead{};  ///< before the last ':'
  std::string_view tail{};  ///< behind it
  std::string_view root{};  ///< what would be the queue, where the name says it
};

/// Pure; about 10 ns.
BullKey bull_key(std::string_view name, KeyType type);

}  // namespace headroom::family
