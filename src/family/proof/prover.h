#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "family/proof/name_gate.h"
#include "family/proof/proof.h"
#include "model/stored_value.h"
#include "model/survey.h"

namespace headroom::family {

/// Runs the proofs over a snapshot:
///   Prover prover(proofs::known_proofs(), limits);
///   unsigned pass = 0;
///   do {
///     prover.begin(moment_of_the_snapshot, ++pass);
///     ... read the snapshot, with the prover as ValueListener ...
///   } while (prover.another_pass());
///   auto proved = prover.finish();
/// A key that no proof wants by type and name costs a few looks into tables (name_gate.h). If reading breaks
/// off, what was missing would be taken for gone: do not call finish() then.
class Prover : public ValueListener {
 public:
  /// At most NameGate::most_proofs groups.
  Prover(const std::vector<ProofGroup>& groups, const ProofLimits& limits);

  /// `now` is the moment of the snapshot, since the epoch: what expired by then counts as gone.
  void begin(std::chrono::milliseconds now, unsigned pass);
  Reading wants(const StoredKey& key) override;
  bool element(const Element& element) override;
  bool names(std::span<const std::string_view> names) override;
  void ends(const StoredKey& key, const ValueSize& size, Bytes bytes) override;
  bool wants_later() const override { return wanted_later_; }
  void later(const StoredKey& key, std::string_view value, Bytes bytes) override;
  /// Whether the snapshot should be read again. Proofs that have all they need do not listen then.
  bool another_pass();

  struct Proved {
    std::vector<DebrisSum> debris{};    ///< in order of database, owner and kind
    std::vector<DebrisSum> stranded{};  ///< work that only an operator can save; in the same order
    std::vector<NotProved> not_proved{};
    std::vector<SettledKind> settled{};  ///< rows of these kinds that were suspected give way
  };
  Proved finish();

 private:
  struct Listening {
    Proof* proof = nullptr;
    bool elements = false;
  };
  Reading ask(const StoredKey& key, NameGate::Asked asked);

  std::vector<std::unique_ptr<Proof>> proofs_{};
  std::vector<SettledKind> settled_{};
  NameGate gate_{};
  NameGate::Asked active_ = 0;          ///< those that take part in this pass
  NameGate::Asked later_ = 0;           ///< those that listen later
  bool wanted_later_ = false;           ///< the key at hand, by one of them
  std::vector<Listening> listening_{};  ///< to the key at hand
  std::chrono::milliseconds now_{};
};

}  // namespace headroom::family
