#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "family/family.h"
#include "family/proof/bull_fields.h"
#include "family/proof/bull_keys.h"
#include "family/proof/bull_ledger.h"
#include "family/proof/bull_verdict.h"
#include "family/proof/proof.h"
#include "family/roots.h"

/// The proof for Bull 3-4 and BullMQ 1-6: which jobs, ids and keys of confirmed queues refer to nothing.
namespace headroom::family {

/// The first reading takes everything down, as nobody knows yet which names are queues. Where that does not
/// fit, further readings take down what lies under confirmed queues, a part of it each; where there is one
/// reading alone (a replication stream), what is surely not a queue gives way. A last reading finds names of
/// ids that are no numbers, as examples.
class BullProof : public Proof {
 public:
  static constexpr std::size_t most_parts = 64;  ///< readings for one proof
  explicit BullProof(const ProofLimits& limits, std::uint16_t most_prefixes = PrefixTable::first_late - 1);

  Types types() const override;
  void begin(std::chrono::milliseconds now, unsigned pass) override;
  Reading wants(const StoredKey& key) override;
  bool element(const Element& element) override;
  bool names(std::span<const std::string_view> names) override;
  void ends(const StoredKey& key, const ValueSize& size, Bytes bytes) override;
  bool another_pass() override;
  void finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) override;

 private:
  enum class Step : std::uint8_t { collecting, in_parts, naming, done };

  // --- one key
  Reading wants_hash(const StoredKey& key, const BullKey& name);
  Reading wants_part(const StoredKey& key, const BullKey& name);
  Reading wants_part_of_job(const BullKey& name);
  bool part_element(const Element& element);
  void read_scheduler(const Element& element);
  bool read_fact(const Element& element);
  void read_activity(double ms);
  void read_field(std::string_view name) { fields_ |= meaning_of_field(name); }
  bool has_job_field() const { return (fields_ & bull_field::of_every_job) != 0; }
  bool has_timestamp() const { return (fields_ & bull_field::timestamp) != 0; }
  bool is_job() const { return (fields_ & bull_field::of_every_job) == bull_field::of_every_job; }
  bool read_text(std::string_view value);
  bool read_child(std::string_view member);
  void note_lock(const StoredKey& key, const BullKey& name);
  void note_part(const StoredKey& key, const BullKey& name, Bytes bytes);
  std::uint16_t flags_of(const StoredKey& key) const;
  void note_hash(const StoredKey& key, const BullKey& name, Bytes bytes);
  void note_deduplication(const StoredKey& key, const BullKey& name, Bytes bytes);
  void make_room();

  // --- names for examples
  Reading wants_name(const StoredKey& key, const BullKey& name);
  bool name_element(const Element& element);
  void give_name(std::uint32_t db, std::string_view name, std::uint32_t kinds);
  void name_hash(const StoredKey& key, const BullKey& name);
  void name_at_end(const StoredKey& key);
  void name_deduplication(const StoredKey& key);
  std::uint32_t claimed(ClaimKind kind, std::uint32_t db, std::string_view target) const;
  bool lacks_members(std::uint32_t db, std::string_view name) const;
  BullRoot* owner_of(std::uint32_t db, std::string_view name);
  bool lacks_examples() const;

  // --- between readings
  void settle_roots();
  void judge_from_nothing();
  std::vector<RootName> root_names() const;
  bool after_first();
  bool read_in_parts(std::size_t parts);
  bool after_part();
  bool name_or_end();
  bool end();
  std::vector<std::size_t> doubtful_roots() const;
  /// Says of queues with missing ids that nothing is proved.
  void doubt();

  ProofLimits limits_;
  std::vector<Family> families_;
  RootFinder finder_;
  BullLedger ledger_;
  Step step_ = Step::collecting;
  std::size_t part_ = 0, parts_ = 1;
  std::vector<BullRoot> roots_{};
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> root_by_name_{};
  std::uint64_t nobodys_ = 0;  ///< ids that could not be assigned to a queue
  std::chrono::milliseconds now_{};

  // of the key at hand
  BullRole role_ = BullRole::none;
  BullPart at_ = BullPart::none;
  BullQueue* queue_ = nullptr;
  std::uint32_t db_ = 0;
  std::optional<Identity> identity_{};  ///< of BullRole::job
  std::string root_{};
  std::string text_{};         ///< the value of a string
  bool has_children_ = false;  ///< of a part of a job: all members seen may be keys of jobs
  std::uint64_t members_ = 0;
  /// Which fields the hash has: bull_field.
  unsigned fields_ = 0;
};

}  // namespace headroom::family
