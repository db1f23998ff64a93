#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "family/proof/id_table.h"
#include "family/proof/proof.h"

namespace headroom::family {

/// Marks that an id may bear, in the lower 14 bits. What each means is the proof's own business.
using Marks = std::uint16_t;

/// What follows from the marks that an id has collected when the whole snapshot has passed. Verdicts of the
/// same kind and certainty are one row.
struct Verdict {
  std::string_view kind{};
  Marks counted = 0;  ///< each of these that the id bears is one key, or one member; 0: told by tally() alone
  Marks all = 0;      ///< holds only for ids that bear all of these,
  Marks none = 0;     ///< and none of these,
  Marks owner_all = 0;  ///< of owners that bear all of these,
  Marks owner_none = 0;
  bool balanced = false;   ///< and only where both counts of the id are equal
  std::uint8_t space = 0;  ///< of which ids of the owner it speaks
  bool members = false;    ///< what it counts are members of keys, which have no bytes of their own
  /// Work that nobody will do unless somebody acts. Reported, and never to be deleted as debris.
  bool stranded = false;
  /// No row: `why` is among what was not proved, once per owner.
  bool undecided = false;
  Certainty certainty = Certainty::proved;
  std::string_view why{};
};

/// Most proofs ask one question: which ids are in one place and missing in another? A proof of this kind
/// reads keys as they pass, marks the ids it meets and lists verdicts; counting, bytes, examples and the
/// bound on memory are here. Ids are kept as fingerprints, by owner.
class Ledger : public Proof {
 public:
  void begin(std::chrono::milliseconds now, unsigned pass) final;
  bool another_pass() final;
  void finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) final;
  void stranded(std::vector<DebrisSum>& work) final;

 protected:
  using Owner = std::uint16_t;
  static constexpr Owner nobody = 0xffff;

  /// `verdicts` outlives the ledger.
  Ledger(std::string_view family, std::span<const Verdict> verdicts, const ProofLimits& limits);

  /// A copy of the name of the key at hand, good until the next call.
  std::string_view keep(std::string_view name) {
    kept_.assign(name);
    return kept_;
  }
  /// An owner, and one of the spaces in which its ids live. `nobody` when there are too many owners.
  Owner owner(std::uint32_t db, std::string_view name, std::uint8_t space = 0);
  void mark_owner(Owner owner, Marks marks);
  bool owner_bears(Owner owner, Marks marks) const;
  /// The member of a key bears witness of an id. `example` is that key.
  void mark(Owner owner, std::string_view id, Marks marks, std::string_view example);
  /// A key of its own belongs to the id; where it is counted, its bytes are.
  void mark_key(Owner owner, std::string_view id, Marks marks, Bytes bytes, std::string_view example);
  /// Adds to one of the two counts of the id that Verdict::balanced compares.
  enum class Side : std::uint8_t { there, expected };
  void count(Owner owner, std::string_view id, Side side, std::uint64_t number);
  /// What needs no look at another key but for the marks of its owner. `verdict` is the index of one with
  /// `counted` 0.
  void tally(Owner owner, std::size_t verdict, std::uint64_t keys, Bytes bytes, std::string_view example);
  /// Something of the owner that one snapshot cannot decide. Said once per owner and reason.
  void doubt(Owner owner, std::string_view why);

  std::chrono::milliseconds now() const { return now_; }

 private:
  struct OwnerRecord {
    std::uint32_t db = 0;
    std::string name{};
    std::uint8_t space = 0;
    Marks marks = 0;
  };
  struct Row {
    std::uint64_t keys = 0;
    Bytes bytes{};
    std::vector<std::string> examples{};
  };
  struct Candidate {
    Owner owner = nobody;
    std::uint64_t fingerprint = 0;
    Marks marks = 0;
    std::string example{};
  };

  void remember(Owner owner, std::uint64_t fingerprint, Marks marks, std::string_view example);
  void offer(Owner owner, std::uint64_t fingerprint, Marks marks, std::string_view example);
  bool holds(const Verdict& verdict, const IdTable::Entry& entry) const;
  static bool holds_of(const Verdict& verdict, const OwnerRecord& owner);
  void judge();
  Marks marks_counted() const;
  Row& row(Owner owner, std::size_t verdict);
  DebrisSum sum(Owner owner, const Verdict& verdict, const Row& row) const;
  void append(std::vector<DebrisSum>& sums, bool stranded) const;

  std::string_view family_;
  std::span<const Verdict> verdicts_;
  bool again_;
  std::chrono::milliseconds now_{};
  unsigned pass_ = 0;
  bool too_many_owners_ = false;
  bool judged_ = false;
  IdTable table_;
  std::string kept_{};
  std::vector<OwnerRecord> owners_{};
  std::unordered_map<std::string, Owner> owner_index_{};
  Owner last_owner_ = nobody;
  std::map<std::pair<Owner, std::size_t>, Row> rows_{};
  std::vector<Candidate> candidates_{};
  std::size_t candidate_bytes_ = 0;
  std::map<Owner, std::vector<std::string_view>> doubts_{};
};

}  // namespace headroom::family
