#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/celery/broker_debris.h"
#include "plan/left_tally.h"
#include "plan/owner_rules.h"
#include "plan/policy.h"

/// Messages of dead workers back into their queues, as kombu's own restore does it
/// (celery-kombu-and-others.md 8): out of `unacked` and its index, and to the end of the queue that is served
/// next, marked as redelivered. Pure.
namespace headroom::plan::celery {

/// What stands in `unacked`: `[MESSAGE, EXCHANGE, ROUTING_KEY]`. Views into the text.
struct Delivery {
  std::string_view message{}, exchange{}, routing_key{};
};
/// Empty when it is none, or a name in it has escapes.
std::optional<Delivery> delivery_in(std::string_view text);

/// The message with `"redelivered": true` in its headers and its delivery_info, and not another byte changed.
/// Empty when it has no such place.
std::optional<std::string> redelivered(std::string_view message);

/// 0, 3, 6 or 9: kombu's default steps; the largest that is not above the message's priority.
int priority_step(std::string_view message);

/// The queues of a delivery, by the members of its exchange's binding. Empty where none fits, and where a
/// pattern takes part: kombu matches it by the exchange's type, which Redis does not hold.
std::vector<std::string> queues_of(const Delivery& delivery, std::span<const std::string> members);

/// A message in `unacked`, as read.
struct Unacked {
  std::string_view tag{}, text{};
  std::optional<double> fetched{};  ///< by the worker's clock, since the epoch; empty: not in the index
};

/// What is known of who might have the messages in hand.
struct Workers {
  bool known = false;
  std::uint64_t patterns = 0, poppers = 0;  ///< clients of this database that look like workers
  bool none_for_certain() const { return known && patterns == 0 && poppers == 0; }
};

class RequeueRules {
 public:
  RequeueRules(StepSink& steps, const CeleryPolicy& policy, std::chrono::milliseconds now);

  /// Why no message of this broker may be given back, told for all of them at once; empty: decide each.
  std::string_view closed(const Workers& workers, bool whole) const;
  void leave(const BrokerName& broker, std::string_view why, std::uint64_t messages, Bytes bytes);
  /// `members`: of the binding of its exchange. `exists`: whether a list of that name is there (a step of
  /// priority is used only where one is: with other priority_steps nobody would serve it).
  Result<bool> decide(const BrokerName& broker, const Unacked& message, std::span<const std::string> members,
                      const std::function<bool(const std::string&)>& exists);
  void finish() { left_.tell(steps_); }

 private:
  StepSink& steps_;
  const CeleryPolicy& policy_;
  std::chrono::milliseconds now_;
  OwnerRules rules_;
  LeftTally left_{};
};

}  // namespace headroom::plan::celery
