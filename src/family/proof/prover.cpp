#include "family/proof/prover.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace headroom::family {

Prover::Prover(const std::vector<ProofGroup>& groups, const ProofLimits& limits) {
  for (const ProofGroup& group : groups) {
    proofs_.push_back(group.make(limits));
    gate_.admit(proofs_.size() - 1, proofs_.back()->types(), proofs_.back()->signs());
    const auto bit = NameGate::Asked{1} << (proofs_.size() - 1);
    active_ |= bit;
    if (proofs_.back()->listens_later()) later_ |= bit;
    settled_.insert(settled_.end(), group.settles.begin(), group.settles.end());
  }
  gate_.build();
}

void Prover::begin(std::chrono::milliseconds now, unsigned pass) {
  now_ = now;
  for (std::size_t i = 0; i < proofs_.size(); ++i)
    if ((active_ >> i & 1U) != 0) proofs_[i]->begin(now, pass);
}

Reading Prover::wants(const StoredKey& key) {
  const auto asked = gate_.asked(key.type, key.key) & active_;
  return asked == 0 ? Reading::nothing : ask(key, asked);
}

Reading Prover::ask(const StoredKey& key, NameGate::Asked asked) {
  if (key.expires && key.expires_at <= now_) return Reading::nothing;
  if (key.key.starts_with(own_names)) return Reading::nothing;
  listening_.clear();
  wanted_later_ = false;
  Reading most = Reading::nothing;
  for (; asked != 0; asked &= asked - 1) {
    Proof* const proof = proofs_[static_cast<std::size_t>(std::countr_zero(asked))].get();
    const Reading reading = proof->wants(key);
    if (reading == Reading::nothing) continue;
    if ((later_ & asked & (0 - asked)) != 0) {
      wanted_later_ = true;
      most = std::max(most, Reading::size);
      continue;
    }
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

bool Prover::names(std::span<const std::string_view> names) {
  bool more = false;
  for (Listening& one : listening_) {
    one.elements = one.elements && one.proof->names(names);
    more = more || one.elements;
  }
  return more;
}

void Prover::ends(const StoredKey& key, const ValueSize& size, Bytes bytes) {
  for (const Listening& one : listening_) one.proof->ends(key, size, bytes);
}

void Prover::later(const StoredKey& key, std::string_view value, Bytes bytes) {
  const ValueSize size{.elements = 1, .length = value.size()};
  auto asked = later_ & active_;
  const bool one = std::has_single_bit(asked);  // then it is this one that wants it
  for (; asked != 0; asked &= asked - 1) {
    Proof& proof = *proofs_[static_cast<std::size_t>(std::countr_zero(asked))];
    if (!one && proof.wants(key) == Reading::nothing) continue;
    proof.element({value});
    proof.ends(key, size, bytes);
  }
}

bool Prover::another_pass() {
  for (std::size_t i = 0; i < proofs_.size(); ++i)
    if ((active_ >> i & 1U) != 0 && !proofs_[i]->another_pass()) active_ &= ~(NameGate::Asked{1} << i);
  return active_ != 0;
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
