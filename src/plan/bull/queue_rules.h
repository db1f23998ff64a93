#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/bull_queue.h"
#include "plan/expiry_spread.h"
#include "plan/left_tally.h"
#include "plan/policy.h"
#include "plan/step_sink.h"

namespace headroom::plan::bull {

/// What a rule is called and why it is there.
struct RuleWords {
  std::string_view name{}, what{}, why{};
};

/// The rules that apply to one queue: each begins with its first step, and says at the end what it left
/// alone.
class QueueRules {
 public:
  QueueRules(BullQueue queue, StepSink& steps) : queue_(std::move(queue)), steps_(steps) {}

  const BullQueue& queue() const { return queue_; }
  /// `removal`: how the steps of the rule remove; the same for all of them.
  Result<bool> add(const RuleWords& words, Step step, Removal removal = Removal::journal);
  void leave(const RuleWords& words, std::string_view why, std::string_view key, Bytes bytes);
  /// Says what was left alone.
  void finish() { left_.tell(steps_); }

 private:
  BullQueue queue_;
  StepSink& steps_;
  std::map<std::string, std::uint16_t, std::less<>> rules_{};
  LeftTally left_{};
};

/// Steps that take keys away, in the way that was asked for.
class Remover {
 public:
  /// A key larger than this is put aside instead of journaled: its DUMP would hold up the server (UNDO-4).
  static constexpr std::uint64_t largest_journaled = 8U << 20U;
  /// With Removal::ttl a key lives so much longer.
  static constexpr std::chrono::hours grace{24 * 7};

  /// `spread`: that of the plan; borrowed.
  Remover(Removal removal, std::chrono::milliseconds now, ExpirySpread& spread)
      : removal_(removal), now_(now), spread_(spread) {}

  Removal removal() const { return removal_; }
  /// Adds the change for keys[0] and for the parts. Deadlines are spread (TTL-2).
  void take_away(Step& step, std::uint16_t key, bool part = false);

 private:
  Removal removal_;
  std::chrono::milliseconds now_;
  ExpirySpread& spread_;
};

/// Takes keys[0] of a step away with a journal, or puts it aside where it is too large for one.
void journal_away(Step& step);

/// Adds a key to a step and says where it is.
std::uint16_t add_key(Step& step, std::string key);

}  // namespace headroom::plan::bull
