#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "family/proof/bull_ledger.h"
#include "family/proof/proof.h"
#include "family/roots.h"

/// Judges what a snapshot said of confirmed queues of Bull and BullMQ. The rules are those of the libraries'
/// own scripts: a job is made and put into its first state in one of them, and every later step is one, so at
/// any moment a live job is in a state.
namespace headroom::family {

enum class BullDebris : std::uint8_t {
  orphaned_job,
  stub_job,
  orphaned_subkey,
  dangling_id,
  dangling_waiting,
  id_in_two_states,
  stale_dedup,
  pending_dedup,
  dead_scheduler,
  legacy_repeatable,
  legacy_priority,
  legacy_delay_stream,
  abandoned_queue,
  counter_behind,
  counter_missing,
  hidden_paused,
  ttl_on_infrastructure,
};
inline constexpr std::size_t bull_debris_count = 17;

struct BullDebrisKind {
  BullDebris kind{};
  std::string_view name{};
  std::string_view why{};
  bool of_jobs = false;  ///< needs every id of the queue; the others follow from its fixed keys
  bool repair = false;   ///< see DebrisSum::repair
};
const BullDebrisKind& debris_kind(BullDebris kind);

/// A queue and what was found.
struct BullRoot {
  struct Tally {
    std::uint64_t keys = 0;
    Bytes bytes{};
    std::vector<std::string> examples{};
    bool wants_example() const { return examples.size() < 3 && examples.size() < keys; }
  };

  RootName name{};
  std::string_view family{};
  unsigned version = 0;  ///< the major that it has seen at least; 0: not known
  BullQueue facts{};
  std::uint64_t largest_id = 0;
  bool priority_is_live = false;  ///< a member of `priority` waits
  std::string not_proved{};       ///< why nothing is said of its jobs; empty: all of them are judged
  std::array<Tally, bull_debris_count> tallies{};

  Tally& tally(BullDebris kind) { return tallies[static_cast<std::size_t>(kind)]; }
};

/// The queues of a ledger, with their facts. Closed world: of a queue that holds a container of no known
/// name, or that BullMQ Pro has opened, nothing can be proved.
std::vector<BullRoot> bull_roots(const std::vector<Root>& found, const BullLedger& ledger);

/// The same rule again, where only a later reading knows the containers.
void refuse_strange_containers(const BullLedger& ledger, std::vector<BullRoot>& roots);

/// What the fixed keys of a queue show by themselves.
void judge_queue(BullRoot& root);

/// What the ids of one reading show, added to the tallies. Returns how many ids cannot be assigned to a queue
/// and would be orphans of it.
std::uint64_t judge_ids(const BullLedger& ledger, std::vector<BullRoot>& roots);

/// What the fixed keys and the ids show together. Needs: judge_ids() of all readings. `now` is the moment of
/// the snapshot.
void judge_with_ids(BullRoot& root, std::chrono::milliseconds now);

/// The kinds that an id with these flags is, a bit each; of a queue that is judged.
std::uint32_t kinds_of_id(std::uint16_t flags);
/// Whether the thing that refers to `target` is debris; null: it is not there.
bool is_void(ClaimKind kind, const IdTable::Entry* target);
BullDebris kind_of_claim(ClaimKind kind);

}  // namespace headroom::family
