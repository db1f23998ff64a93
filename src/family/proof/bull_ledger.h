#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "family/proof/bull_keys.h"
#include "family/proof/id_table.h"
#include "family/proof/prefix_table.h"

/// What a snapshot said of queues of Bull and BullMQ, kept small: the evidence that bull_verdict.h judges.
namespace headroom::family {

/// Flags of an id beside the states (bits 0-7).
namespace id_flag {
constexpr std::uint16_t exists = 1U << 8U;      ///< a hash of this name is there
constexpr std::uint16_t stub = 1U << 9U;        ///< it has none of name, data, opts, timestamp
constexpr std::uint16_t expires = 1U << 10U;    ///< it has a TTL
constexpr std::uint16_t mentioned = 1U << 11U;  ///< spared: in a set that is no state, or no hash of a job
constexpr std::uint16_t scheduler = 1U << 12U;  ///< the hash is a scheduler and no job
constexpr std::uint16_t string = 1U << 13U;     ///< a deduplication key, which is a string
}  // namespace id_flag

/// Something that makes sense only while something else is there.
enum class ClaimKind : std::uint8_t {
  logs,
  dependencies,
  processed,
  failed,
  unsuccessful,       // the job must be there
  deduplication,      ///< a key without TTL; the job must be there
  next,               ///< a ":dn:" hash; the ":de:" key must be there
  next_run,           ///< of a scheduler; the job must be in a state
  legacy_repeatable,  ///< a member of `repeat` with a name of before version 5; the scheduler must be there
  prioritised,        ///< a member of `priority`, live while the job waits
};
struct Claim {
  std::uint64_t tail = 0;  ///< of the identity that must be there
  std::uint32_t bytes = 0;
  std::uint16_t prefix = 0;
  ClaimKind kind{};
  bool number : 1 = false, hashed : 1 = false;
  Identity identity() const { return {tail, prefix, number, hashed}; }
};
static_assert(sizeof(Claim) == 16);

/// What the fixed keys under one name say. A queue, if that name turns out to be one.
struct BullQueue {
  std::uint32_t parts = 0, parts_with_ttl = 0;  ///< a bit per BullPart
  std::array<Bytes, bull_part_count> bytes{};
  std::array<std::uint64_t, bull_state_count> ids{};  ///< members of each state
  std::uint64_t counted_ids = 0;  ///< members that are not runs of a scheduler: each raised the counter
  std::uint64_t schedulers = 0;
  std::optional<std::uint64_t> counter{};     ///< `id`
  std::string version{};                      ///< of `meta`: "bullmq:5.81.5"
  bool paused = false;                        ///< in `meta`
  bool has_own_mark = false;                  ///< a field that only the library writes
  bool many_prioritised = false;              ///< `priority` was too large to look up all its members
  std::chrono::milliseconds last_activity{};  ///< 0: nothing tells

  bool has(BullPart part) const { return (parts >> static_cast<unsigned>(part)) & 1U; }
  std::uint64_t ids_in(BullPart state) const { return ids[static_cast<std::size_t>(state) - 1]; }
};

/// The names of confirmed queues; in a second reading nothing else is written down.
struct RootName {
  std::uint32_t db = 0;
  std::string name{};
};

/// Bounded by `bytes`: three quarters for ids, an eighth each for claims and for names of containers.
/// Prefixes and queues come on top, 65 000 of them at most.
class BullLedger {
 public:
  BullLedger(std::size_t bytes, std::uint16_t most_prefixes);

  // --- writing
  /// Null when there is no room for another name.
  BullQueue* queue(std::uint32_t db, std::string_view root);
  /// The identity of a key, by its name up to the last ':' and behind it. None when it is of no interest: it
  /// lies under no root of a restricted reading.
  std::optional<Identity> identity_for(std::uint32_t db, std::string_view lead, std::string_view tail);
  void add(const Identity& identity, std::uint16_t flags, Bytes bytes = {});
  void key(std::uint32_t db, std::string_view lead, std::string_view tail, std::uint16_t flags, Bytes bytes);
  /// False when the name has no identity here.
  bool matters(std::uint32_t db, std::string_view lead) const {
    return !restricted_ || root_above(db, lead) != 0;
  }
  /// Opens a container of the queue `root`, of which member() will name ids.
  void open(std::uint32_t db, std::string_view root);
  void member(std::string_view id, std::uint16_t flags);
  /// `target` is the whole name of the key that must be there.
  void claim(ClaimKind kind, std::uint32_t db, std::string_view target, Bytes bytes = {});
  /// A container that may hold jobs, under every name above it.
  void unknown_container(std::uint32_t db, std::string_view lead);

  // --- one reading after another
  /// Forgets ids and claims and from now on writes down only what lies under `roots`, and of this the part
  /// `part` of `parts`.
  void restrict_to(const std::vector<RootName>& roots, std::size_t part, std::size_t parts);
  /// Makes room: forgets what does not lie under any of `roots`, and remembers that it did.
  void keep_only(const std::vector<RootName>& roots);
  /// Forgets ids and claims and writes down no more of them.
  void give_up();

  // --- reading. Needs: flush() first
  void flush();
  const IdTable& ids() const { return ids_; }
  const std::vector<Claim>& claims() const { return claims_; }
  const PrefixTable& prefixes() const { return prefixes_; }
  const BullQueue* find_queue(std::uint32_t db, std::string_view root) const;
  /// Of the jobs and members whose id is a number; 0: none.
  std::uint64_t largest_id(std::uint32_t db, std::string_view root) const;
  /// Whether every unknown container under the root was written down: not when there were too many of them
  /// before it was seen that the name may be a queue.
  bool knows_containers(std::uint32_t db, std::string_view root) const;
  /// The names under which fixed keys were met, queues or not.
  std::vector<RootName> leads() const;
  bool holds_unknown_container(std::uint32_t db, std::string_view root) const;
  /// For each number of a prefix the index into `roots` of the longest root above it, or at it; `none`.
  static constexpr std::size_t none = ~std::size_t{0};
  std::vector<std::size_t> owners(const std::vector<RootName>& roots) const;
  Identity identity_of(std::uint32_t db, std::string_view name) const;

  bool nearly_full() { return ids_.nearly_full() || claims_.size() >= most_claims_; }
  /// Ids or claims are missing, of all queues.
  bool gave_up() const { return gave_up_ || !ids_.whole(); }
  /// By prefix number: keep_only() forgot its ids.
  const std::vector<bool>& forgotten() const { return forgotten_; }
  /// How many ids and claims were offered under each prefix number; at 0 those without a number.
  const std::vector<std::uint64_t>& offered() const { return offered_; }
  std::size_t room() const { return ids_.room(); }
  static constexpr std::size_t most_prioritised = 100'000;  ///< members of one `priority` that are looked up

 private:
  std::uint16_t number_for(std::uint32_t db, std::string_view lead);
  std::uint16_t root_above(std::uint32_t db, std::string_view lead) const;
  bool takes(const Identity& identity);
  void drop_containers();

  PrefixTable prefixes_;
  IdTable ids_;
  std::vector<Claim> claims_{};
  std::size_t most_claims_;
  std::unordered_map<std::uint16_t, BullQueue> queues_{};
  IdTable containers_;               ///< names above unknown containers
  bool some_containers_ = false;     ///< containers_ did not fit: it holds those of known_leads_ alone
  std::vector<bool> known_leads_{};  ///< by number
  std::vector<std::uint64_t> offered_{}, largest_{};
  std::vector<bool> forgotten_{};

  bool gave_up_ = false;
  bool restricted_ = false;
  std::vector<bool> is_root_{};
  std::size_t part_ = 0, parts_ = 1;

  std::uint32_t open_db_ = 0;
  std::uint16_t open_number_ = 0;
  bool open_matters_ = false;
  std::string open_root_{};  ///< with its ':'
};

}  // namespace headroom::family
