#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "family/proof/bull_proof.h"
#include "family/proof/proof.h"

namespace headroom::family::proofs {

ProofGroup bull() {
  return {.name = "bull",
          .settles = {{"bull", "stub"},
                      {"bullmq", "stub"},
                      {"bullmq", "legacy-priority"},
                      {"bullmq", "legacy-delay-stream"}},
          .make = [](const ProofLimits& limits) -> std::unique_ptr<Proof> {
            return std::make_unique<BullProof>(limits);
          }};
}

}  // namespace headroom::family::proofs
