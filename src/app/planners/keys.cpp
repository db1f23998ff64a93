#include <chrono>
#include <optional>

#include "app/key_owners.h"
#include "app/name_scan.h"
#include "app/planner.h"
#include "plan/keys/key_rules.h"
#include "plan/untouchable.h"

namespace headroom::app {
namespace {

using Clock = std::chrono::steady_clock;

/// Looks at the keys that rules ask for, and hands each to the rules: to be counted, or to be decided.
class RuleSink final : public RecordSink {
 public:
  enum class Pass { count, decide };
  RuleSink(Pass pass, const PlanRequest& request, const KeyOwners& owners, plan::keys::KeyRules& rules,
           Clock::time_point start)
      : pass_(pass), request_(request), owners_(owners), rules_(rules), start_(start) {}

  Interest look(std::uint32_t db, std::string_view key) override {
    if (error_ || plan::untouchable(key, request_.policy.protect)) return {};
    const auto name = named(db, key);
    if (!name || !rules_.wants(*name, pass_ == Pass::decide)) return {};
    return {rules_.go_by_idle_time() ? Look::details : Look::size, 0};
  }

  void take(const KeyRecord& record) override {
    const auto name = named(record.db, record.key);
    if (error_ || !name) return;
    plan::keys::SeenKey seen{*name, record.type, record.expires, record.bytes, record.idle, {}};
    seen.since_start = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start_);
    if (pass_ == Pass::count) return rules_.count(seen);
    if (const auto done = rules_.decide(seen); !done) error_ = done.error();
  }

  void restart() override {
    error_ = {"the server restarted while it was read", "SCAN", "make the plan again", Exit::partial};
  }

  Result<bool> finish() const {
    if (error_) return fail(*error_);
    return true;
  }

 private:
  /// Empty for a key that came after whose keys are whose was decided.
  std::optional<plan::keys::NamedKey> named(std::uint32_t db, std::string_view key) const {
    const auto* group = owners_.group_of(db, key);
    if (group == nullptr) return std::nullopt;
    const auto* owner = group->attribution.family.empty() ? nullptr : &group->attribution;
    return plan::keys::NamedKey{db, key, owner, group->type()};
  }

  Pass pass_;
  const PlanRequest& request_;
  const KeyOwners& owners_;
  plan::keys::KeyRules& rules_;
  Clock::time_point start_;
  std::optional<Error> error_{};
};

Result<bool> pass(RuleSink::Pass which, const PlanRequest& request, const KeyOwners& owners,
                  plan::keys::KeyRules& rules, Clock::time_point start, plan::StepSink& steps) {
  RuleSink sink(which, request, owners, rules, start);
  if (const auto done = scan_keys(request, sink, "keys", steps); !done) return done;
  return sink.finish();
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  if (request.policy.rules.empty()) return true;
  const auto start = Clock::now();
  KeyOwners owners(request.families, false);
  // Whose a key is, is only known of the whole: of half of it, a live queue may look like nobody's.
  if (const auto whole = scan_keys(request, owners.sink(), "keys", steps); !whole || !*whole) return whole;
  owners.settle();
  plan::ExpirySpread spread(request.policy.pace.expiries_per_second, request.now,
                            request.survey.ttl_histogram);
  plan::keys::KeyRules rules(steps, request.policy.rules, spread, request.now,
                             request.survey.server.maxmemory_policy, !request.copy);
  if (rules.needs_counting()) {
    if (const auto done = pass(RuleSink::Pass::count, request, owners, rules, start, steps); !done)
      return done;
    rules.settle();
  }
  if (const auto done = pass(RuleSink::Pass::decide, request, owners, rules, start, steps); !done)
    return done;
  rules.finish();
  return true;
}

}  // namespace

namespace planners {
Planner keys() { return {"keys", find}; }
}  // namespace planners

}  // namespace headroom::app
