#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "model/bull_debris.h"
#include "plan/bull/queue_rules.h"
#include "plan/policy.h"

/// Which hashes under a live queue are jobs that no set or list names, and what must hold when they go.
///
/// The proof, on a queue at work (bull-bullmq.md 5.1): the candidate was in no container when all of them
/// were read, and did not move meanwhile: the event stream since before the reading does not mention it, or,
/// where the stream does not tell, nothing touched its hash for twice the interval of the stalled check
/// (every transition reads or writes the hash: moveToActive HGETALL, all others HSET). From then on it can
/// only come back by being written anew, as every script that moves a job begins by taking it out of a
/// container; and a hash that is written anew has another timestamp. So the fingerprint alone holds from plan
/// to apply. The containers are asked again all the same where that is cheap: zsets always, lists only where
/// they are short (LPOS in a list of 2000 takes some 20 us; in one of a million 10 ms, in which the server
/// serves nobody).
///
/// In a copy of one moment (an RDB file, a snapshot) nothing moves, so what no container names is an orphan
/// of that moment, in Bull too: all its scripts and transactions but empty(), which only deletes, take a job
/// from container to container. If the server went through that state itself, the fingerprint holds from then
/// to apply, as above. If that is not known (BullNews::elsewhere), the same job may wait on the server: then
/// every list is searched by the step, and where one is too long for that, nothing is proposed. A flow may
/// have adopted the orphan since: its parent is checked too.
namespace headroom::plan::bull {

class OrphanRule {
 public:
  /// Longer lists are not searched by a step.
  static constexpr std::uint64_t longest_list = 2000;
  /// Twice the default stalledInterval: the second observation, where the stream does not tell.
  static constexpr std::chrono::seconds settled{60};

  /// `now`: of the server. All others are borrowed.
  OrphanRule(QueueRules& rules, const BullPolicy& policy, const BullLook& look, std::chrono::milliseconds now,
             Remover& remover)
      : rules_(rules), policy_(policy), look_(look), now_(now), remover_(remover) {}

  /// Candidates of one reading, with what happened meanwhile. What blocks add() comes first: stubs and jobs
  /// with ids of the user's own, as add() gives up where a hash of that id is there.
  Result<bool> take(std::span<const BullCandidate> all, const BullNews& news);

 private:
  enum class Kind : std::uint8_t { none, stub, blocking, orphan };
  Kind kind(const BullCandidate& one) const;
  std::optional<std::string_view> why_not(const BullCandidate& one, const BullNews& news) const;
  Step step_for(const BullCandidate& one, const BullNews& news);
  void add_parent(Step& step, const BullCandidate& one) const;
  void add_containers(Step& step, std::string_view id, const BullNews& news) const;

  QueueRules& rules_;
  const BullPolicy& policy_;
  const BullLook& look_;
  std::chrono::milliseconds now_;
  Remover& remover_;
};

/// A hash of nothing but what a run writes.
bool is_stub(const BullCandidate& one);

}  // namespace headroom::plan::bull
