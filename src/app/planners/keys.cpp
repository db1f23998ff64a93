#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/key_owners.h"
#include "app/name_scan.h"
#include "app/planner.h"
#include "app/same_value.h"
#include "plan/keys/key_rules.h"
#include "plan/untouchable.h"

namespace headroom::app {
namespace {

using Clock = std::chrono::steady_clock;

/// Looks at the keys that rules ask for, and hands each to the rules: to be counted, or to be decided.
class RuleSink final : public RecordSink {
 public:
  enum class Pass { count, decide };
  /// `same`: of keys that are older than a look at the server would be; null: they are not.
  RuleSink(Pass pass, const PlanRequest& request, const KeyOwners& owners, plan::keys::KeyRules& rules,
           Clock::time_point start, SameValue* same)
      : pass_(pass), request_(request), owners_(owners), rules_(rules), start_(start), same_(same) {}

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
    if (same_ != nullptr) return put_off(seen);
    if (const auto done = rules_.decide(seen); !done) error_ = done.error();
  }

  void restart() override {
    error_ = {"the server restarted while it was read", "SCAN", "make the plan again", Exit::partial};
  }

  Result<bool> finish() {
    if (!error_) decide_with_proof();
    if (error_) return fail(*error_);
    return true;
  }

 private:
  void put_off(const plan::keys::SeenKey& seen) {
    constexpr std::size_t read_at_once = 256;
    put_off_.push_back(
        {seen.name.db, std::string(seen.name.key), seen.type, seen.expires, seen.bytes.value_or(Bytes{})});
    if (put_off_.size() == read_at_once) decide_with_proof();
  }
  void decide_with_proof() {
    if (put_off_.empty()) return;
    const auto proofs = same_->of(put_off_);
    if (!proofs) return void(error_ = proofs.error());
    for (std::size_t i = 0; i < put_off_.size() && !error_; ++i) {
      const auto& key = put_off_[i];
      const plan::keys::SeenKey seen{*named(key.db, key.key), key.type, key.expires, key.bytes, {}, {}};
      if (const auto done = rules_.decide(seen, &(*proofs)[i]); !done) error_ = done.error();
    }
    put_off_.clear();
  }
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
  SameValue* same_;
  std::vector<SameValue::Asked> put_off_{};
  std::optional<Error> error_{};
};

Result<bool> pass(RuleSink::Pass which, const PlanRequest& request, const KeyOwners& owners,
                  plan::keys::KeyRules& rules, Clock::time_point start, SameValue* same,
                  plan::StepSink& steps) {
  RuleSink sink(which, request, owners, rules, start, same);
  if (const auto done = scan_keys(request, sink, "keys", steps); !done) return done;
  return sink.finish();
}

/// A file may be of any age. A snapshot is as old as a look at the server would be when it has ended.
bool is_older(const PlanRequest& request) { return request.copy && request.options.source != "snapshot"; }

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
    if (const auto done = pass(RuleSink::Pass::count, request, owners, rules, start, nullptr, steps); !done)
      return done;
    rules.settle();
  }
  std::optional<SameValue> same;
  if (is_older(request)) {
    auto opened = SameValue::in(request.session);
    if (!opened) return fail(opened.error());
    same.emplace(std::move(*opened));
  }
  if (const auto done =
          pass(RuleSink::Pass::decide, request, owners, rules, start, same ? &*same : nullptr, steps);
      !done)
    return done;
  rules.finish();
  return true;
}

}  // namespace

namespace planners {
Planner keys() { return {"keys", find}; }
}  // namespace planners

}  // namespace headroom::app
