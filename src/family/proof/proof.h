#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "family/family.h"
#include "family/proof/name_gate.h"
#include "model/stored_value.h"
#include "model/survey.h"

/// What one library group can prove on a snapshot, where all keys are of one moment: which of them refer to
/// nothing, and which nothing refers to. One file per group in proofs/, collected by known_proofs().
namespace headroom::family {

struct ProofLimits {
  std::size_t bytes = std::size_t{256} << 20;  ///< that one proof may hold
  bool again = false;                          ///< the snapshot can be read more than once (a file)
};

/// What was left undecided, and why. Said aloud: a missing row must not read as "nothing found".
struct NotProved {
  std::string_view family{};
  std::string owner{};  ///< empty: of the whole family
  std::uint32_t db = 0;
  std::string why{};
};

/// Listens to a snapshot for one library group. Calls, per pass over the snapshot: begin(), then for each key
/// wants(), for the wanted ones element() and ends(); then another_pass(). After the last pass finish(),
/// once.
///
/// Keys come in any order. Other proofs may want the same key, so what a proof is told may exceed what it
/// asked for: values where it asked for `names`. After its element() returned false, and where it asked for
/// `size`, it gets ends() alone.
/// A key that had expired at the moment of the snapshot never reaches a proof: to the server it is gone.
class Proof {
 public:
  virtual ~Proof() = default;
  /// The types of which it may want a key; the others never reach wants().
  virtual Types types() const = 0;
  /// What names must have to be of interest: those of no sign need not reach wants(). Empty: all may be of
  /// interest. A sign per way into wants(), of each type.
  virtual std::span<const Sign> signs() const { return {}; }
  /// `now` is the moment of the snapshot, since the epoch. `pass` is 1 for the first.
  virtual void begin(std::chrono::milliseconds now, unsigned pass) = 0;
  /// Decides by type and name in a few ns: 20 M keys of others pass by.
  virtual Reading wants(const StoredKey& key) = 0;
  virtual bool element(const Element& element) = 0;
  /// Fields of a hash without their values, in place of as many element().
  virtual bool names(std::span<const std::string_view> names) {
    for (const auto name : names)
      if (!element({name})) return false;
    return true;
  }
  virtual void ends(const StoredKey& key, const ValueSize& size, Bytes bytes) = 0;
  /// Whether it is told of its keys by the thread that counts, and not by the one that decodes, which comes
  /// to them some time before: for a proof that looks long at many strings. All that it wants are strings;
  /// wants() changes nothing, and element() with the whole value and ends(), which knows no more of it than
  /// its length, may come at the same time as wants() of a key behind.
  virtual bool listens_later() const { return false; }
  /// Whether reading the snapshot again would prove more or name examples. Never true without
  /// ProofLimits::again.
  virtual bool another_pass() = 0;
  /// Appends a row per owner and kind (damage to live work too, marked `repair`): keys and bytes exact, at
  /// most three examples, certainty and why. A kind that is about members of a set and not about keys counts
  /// the members and has no bytes.
  virtual void finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) = 0;
  /// Called after finish(): appends rows in the same form of work that nobody will do unless an operator acts
  /// (messages that are never given back, jobs in no queue). Not debris: deleting it makes the loss final.
  virtual void stranded(std::vector<DebrisSum>& work) { static_cast<void>(work); }
};

/// A kind of debris in the family tables (KeyShape::debris) that a proof decides exactly.
struct SettledKind {
  std::string_view family{};
  std::string_view kind{};
};

/// A member of proofs/: proofs/bull.cpp defines ProofGroup bull() in the namespace proofs, apart from the
/// families of the same names.
struct ProofGroup {
  std::string_view name{};             ///< "bull"
  std::vector<SettledKind> settles{};  ///< what the tables suspect by these is not to be reported beside it
  std::unique_ptr<Proof> (*make)(const ProofLimits& limits) = nullptr;
};

namespace proofs {
/// In order of file name.
std::vector<ProofGroup> known_proofs();
}  // namespace proofs

}  // namespace headroom::family
