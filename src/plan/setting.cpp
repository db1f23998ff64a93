#include "plan/setting.h"

#include <array>

namespace headroom::plan {
namespace {

constexpr std::uint64_t minute = 60, hour = 60 * minute, day = 24 * hour, year = 365 * day;
constexpr Range some_age{1, 100 * year};
/// A proof must have had time to hold: nothing younger than a minute is judged by its age.
constexpr Range proof_age{minute, 100 * year};
constexpr Range share{1, 1'000'000};  // of 100 %
constexpr Range some{1};

constexpr std::array retention{Setting<Retention>{"age", &Retention::age, some_age},
                               Setting<Retention>{"count", &Retention::count},
                               Setting<Retention>{"bytes", &Retention::bytes}};

constexpr std::array bull{
    Setting<BullPolicy>{"completed", &BullPolicy::completed},
    Setting<BullPolicy>{"failed", &BullPolicy::failed},
    Setting<BullPolicy>{"release_parents", &BullPolicy::release_parents},
    Setting<BullPolicy>{"event_entries", &BullPolicy::event_entries},
    Setting<BullPolicy>{"event_age", &BullPolicy::event_age, proof_age},
    Setting<BullPolicy>{"metrics_age", &BullPolicy::metrics_age, proof_age},
    Setting<BullPolicy>{"orphans", &BullPolicy::orphans},
    Setting<BullPolicy>{"orphan_age", &BullPolicy::orphan_age, proof_age},
    Setting<BullPolicy>{"orphan_removal", &BullPolicy::orphan_removal},
    Setting<BullPolicy>{"danglers", &BullPolicy::danglers},
    Setting<BullPolicy>{"waiting_danglers", &BullPolicy::waiting_danglers},
    Setting<BullPolicy>{"stubs", &BullPolicy::stubs},
    Setting<BullPolicy>{"deduplication", &BullPolicy::deduplication},
    Setting<BullPolicy>{"sub_keys", &BullPolicy::sub_keys},
    Setting<BullPolicy>{"legacy", &BullPolicy::legacy},
    Setting<BullPolicy>{"infrastructure_ttl", &BullPolicy::infrastructure_ttl},
    Setting<BullPolicy>{"abandoned", &BullPolicy::abandoned},
    Setting<BullPolicy>{"abandoned_after", &BullPolicy::abandoned_after, {day, 100 * year}},
};

constexpr std::array celery{
    Setting<CeleryPolicy>{"results", &CeleryPolicy::results},
    Setting<CeleryPolicy>{"result_ttl", &CeleryPolicy::result_ttl, some_age},
    Setting<CeleryPolicy>{"result_age", &CeleryPolicy::result_age, some_age},
    Setting<CeleryPolicy>{"chords", &CeleryPolicy::chords},
    Setting<CeleryPolicy>{"replies", &CeleryPolicy::replies},
    Setting<CeleryPolicy>{"reply_idle", &CeleryPolicy::reply_idle, proof_age},
    Setting<CeleryPolicy>{"rpc", &CeleryPolicy::rpc},
    Setting<CeleryPolicy>{"bindings", &CeleryPolicy::bindings},
    Setting<CeleryPolicy>{"requeue", &CeleryPolicy::requeue},
};

constexpr std::array rule{
    Setting<KeyRule>{"name", &KeyRule::name},
    Setting<KeyRule>{"pattern", &KeyRule::pattern},
    Setting<KeyRule>{"family", &KeyRule::family},
    Setting<KeyRule>{"owner", &KeyRule::owner},
    Setting<KeyRule>{"type", &KeyRule::type},
    Setting<KeyRule>{"idle", &KeyRule::idle, some_age},
    Setting<KeyRule>{"without_ttl", &KeyRule::without_ttl},
    Setting<KeyRule>{"keep_bytes", &KeyRule::keep_bytes},
    Setting<KeyRule>{"keep_count", &KeyRule::keep_count},
    Setting<KeyRule>{"removal", &KeyRule::removal},
    Setting<KeyRule>{"ttl", &KeyRule::ttl, some_age},
    Setting<KeyRule>{"live_family", &KeyRule::live_family},
};

constexpr std::array protect{Setting<Policy>{"names", &Policy::protect}};

constexpr std::array limits{
    Setting<Limits>{"share", &Limits::share, share},
    Setting<Limits>{"keys", &Limits::keys},
    Setting<Limits>{"bytes", &Limits::bytes},
    Setting<Limits>{"keys_per_day", &Limits::keys_per_day},
    Setting<Limits>{"bytes_per_day", &Limits::bytes_per_day},
    Setting<Limits>{"plan_life", &Limits::plan_life, {minute, 30 * day}},
};

constexpr std::array pace{
    Setting<PacePolicy>{"duty", &PacePolicy::duty, share},
    Setting<PacePolicy>{"first_batch", &PacePolicy::first_batch, {1, 10'000}},
    Setting<PacePolicy>{"windows", &PacePolicy::windows},
    Setting<PacePolicy>{"run_time", &PacePolicy::run_time, {1, 30 * day}},
    Setting<PacePolicy>{"expiries_per_second", &PacePolicy::expiries_per_second, {1, 1'000'000}},
    Setting<PacePolicy>{"wait_replicas", &PacePolicy::wait_replicas, {0, 100}},
};

constexpr std::array journal{
    Setting<JournalPolicy>{"keep", &JournalPolicy::keep, {hour, 100 * year}},
    Setting<JournalPolicy>{"keep_bytes", &JournalPolicy::keep_bytes, some},
};

}  // namespace

std::span<const Setting<Retention>> retention_settings() { return retention; }
std::span<const Setting<BullPolicy>> bull_settings() { return bull; }
std::span<const Setting<CeleryPolicy>> celery_settings() { return celery; }
std::span<const Setting<KeyRule>> rule_settings() { return rule; }
std::span<const Setting<Policy>> protect_settings() { return protect; }
std::span<const Setting<Limits>> limit_settings() { return limits; }
std::span<const Setting<PacePolicy>> pace_settings() { return pace; }
std::span<const Setting<JournalPolicy>> journal_settings() { return journal; }

}  // namespace headroom::plan
