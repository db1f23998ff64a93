#include "family/proof/prover.h"

#include <algorithm>
#include <tuple>

namespace headroom::family {

Prover::Prover(const std::vector<ProofGroup>& groups, const ProofLimits& limits) {
  for (const ProofGroup& group : groups) {
    proofs_.push_back(group.make(limits));
    active_.push_back(proofs_.back().get());
    settled_.insert(settled_.end(), group.settles.begin(), group.settles.end());
  }
}

void Prover::begin(std::chrono::milliseconds now, unsigned pass) {
  now_ = now;
  for (auto& proofs : by_type_) proofs.clear();
  for (Proof* proof : active_) {
    proof->begin(now, pass);
    for (std::size_t type = 0; type < key_type_count; ++type)
      if (proof->types().has(static_cast<KeyType>(type))) by_type_[type].push_back(proof);
  }
}

Reading Prover::wants(const StoredKey& key) {
  const auto& proofs = by_type_[static_cast<std::size_t>(key.type)];
  return proofs.empty() ? Reading::nothing : ask(key, proofs);
}

Reading Prover::ask(const StoredKey& key, const std::vector<Proof*>& proofs) {
  if (key.expires && key.expires_at <= now_) return Reading::nothing;
  listening_.clear();
  Reading most = Reading::nothing;
  for (Proof* proof : proofs) {
    const Reading reading = proof->wants(key);
    if (reading == Reading::nothing) continue;
    listening_.push_back({proof, reading != Reading::size});
    most = std::max(most, reading);
  }
  return most;
}

bool Prover::element(const Element& element) {
  bool more = false;
  for (Listening& one : listening_) {
    one.elements = one.elements && one.proof->element(element);
    more = more || one.elements;
  }
  return more;
}

void Prover::ends(const StoredKey& key, const ValueSize& size, Bytes bytes) {
  for (const Listening& one : listening_) one.proof->ends(key, size, bytes);
}

bool Prover::another_pass() {
  std::erase_if(active_, [](Proof* proof) { return !proof->another_pass(); });
  return !active_.empty();
}

Prover::Proved Prover::finish() {
  Proved proved;
  for (const auto& proof : proofs_) {
    proof->finish(proved.debris, proved.not_proved);
    proof->stranded(proved.stranded);
  }
  proved.settled = settled_;
  for (auto* sums : {&proved.debris, &proved.stranded})
    std::stable_sort(sums->begin(), sums->end(), [](const DebrisSum& a, const DebrisSum& b) {
      return std::tie(a.db, a.owner, a.kind) < std::tie(b.db, b.owner, b.kind);
    });
  return proved;
}

}  // namespace headroom::family
