#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/plan.h"

/// What an operator wants kept, as data: headroom.toml, documented in docs/policy.md. Pure: text in, policy
/// out.
namespace headroom::plan {

/// How much of something may stay. Several members: what breaks any of them goes.
struct Retention {
  std::optional<std::chrono::seconds> age{};
  std::optional<std::uint64_t> count{};  ///< the newest so many stay
  std::optional<Bytes> bytes{};          ///< the newest that fit stay
};

/// [bull] and [[bull.queue]] (match = "bull:mail*"): the defaults are the figures that users know (A66-A79).
struct BullPolicy {
  std::string match = "*";                                                 ///< queues by root, base/glob.h
  Retention completed{std::chrono::hours(24), 500, {}};                    ///< A70
  Retention failed{std::chrono::hours(24 * 7), 1000, {}};                  ///< A71
  std::optional<std::uint64_t> event_entries = 1000;                       ///< A79
  std::optional<std::chrono::seconds> event_age = std::chrono::hours(24);  ///< A67
  std::optional<std::chrono::seconds> metrics_age =
      std::chrono::hours(48);  ///< A68: of queues without workers
  bool release_parents = false;
  bool orphans = true, danglers = true, stubs = true, deduplication = true, sub_keys = true, legacy = true;
  bool infrastructure_ttl = true;  ///< PERSIST what somebody gave a TTL
  bool abandoned = false;          ///< residue of queues that nobody has used for `abandoned_after`
  std::chrono::seconds abandoned_after = std::chrono::hours(24 * 30);
  std::chrono::seconds orphan_age = std::chrono::hours(24);
  Removal orphan_removal = Removal::journal;
  bool waiting_danglers =
      false;  ///< ids in wait, delayed, prioritized without a job; a repair to be approved
};

/// [celery]
struct CeleryPolicy {
  std::chrono::seconds result_ttl = std::chrono::hours(1);  ///< A66: for results without one
  std::chrono::seconds result_age = std::chrono::hours(2);  ///< A199: removed past this
  bool results = true, chords = true, replies = true, rpc = true, bindings = true;
  bool requeue = false;  ///< messages of dead workers, exactly as kombu does
  std::chrono::seconds reply_idle = std::chrono::minutes(15);
};

/// [[rule]]: any key of the user's own.
struct KeyRule {
  std::string name{};
  std::string pattern{}, family{}, owner{}, type{};  ///< what it is about; at least one
  std::optional<std::chrono::seconds> idle{};        ///< only keys idle for so long
  bool without_ttl = false;                          ///< only keys without one
  std::optional<Bytes> keep_bytes{};                 ///< the most recently used that fit stay
  std::optional<std::uint64_t> keep_count{};
  Removal removal = Removal::journal;
  std::chrono::seconds ttl{};  ///< of Removal::ttl
  std::string live_family{};   ///< names a protected family that this rule may touch nevertheless (PLAN-5)
};

/// [limits]: of one plan (PLAN-4) and of a day.
struct Limits {
  double share = 0.20;  ///< of all keys
  std::uint64_t keys = 1'000'000;
  std::optional<Bytes> bytes{};
  std::optional<std::uint64_t> keys_per_day{};
  std::optional<Bytes> bytes_per_day{};
  std::chrono::seconds plan_life = std::chrono::hours(1);
};

/// [pace]
struct PacePolicy {
  double duty = 0.25;
  std::size_t first_batch = 100;       ///< A69
  std::vector<std::string> windows{};  ///< "22:00-06:00", local time
  std::optional<std::chrono::seconds> run_time{};
  std::uint32_t expiries_per_second = 7'000;  ///< TTL-2
  std::uint32_t wait_replicas = 1;
};

struct Policy {
  std::vector<BullPolicy> bull{{}};  ///< the first that matches a queue; the last is [bull]
  CeleryPolicy celery{};
  std::vector<KeyRule> rules{};
  std::vector<std::string> protect{};  ///< patterns of names that no rule may touch
  Limits limits{};
  PacePolicy pace{};

  const BullPolicy& for_queue(std::string_view root) const;
};

/// A mistake in a policy, with its place: "headroom.toml:12:5".
struct PolicyFault {
  std::string where{};
  std::string what{};
  std::string remedy{};
};
struct PolicyReading {
  Policy policy{};
  std::vector<PolicyFault> faults{};  ///< all of them, in order; empty: the policy is good
};
using Variable = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads a policy over the defaults, then the variables REDIS_JOB_TTL, REDIS_EVENT_TTL, REDIS_METRICS_TTL
/// (seconds) and REDIS_CLEANUP_BATCH_SIZE (A66-A69, A104), which beat defaults and give way to the file.
/// Unknown tables and keys, wrong types, numbers without a unit or out of range are faults ([[family]] is
/// family/user_families.h's). Durations: "90s" "15m" "24h" "7d"; sizes: "500MB" "1GiB".
PolicyReading read_policy(std::string_view toml, std::string_view file_name, const Variable& variable);

/// The whole policy as a headroom.toml that reads back to the same policy; its hash binds plans.
std::string policy_text(const Policy& policy);

/// A policy for --preset NAME: "bull", "celery", "cache", "orphans", "emergency", on top of `policy`. Errors:
/// no such preset.
struct Preset {
  std::string name{};
  std::vector<std::string> planners{};  ///< which of app/planners take part; empty: all
};
Result<Preset> preset(std::string_view name, Policy& policy);
std::vector<std::string_view> preset_names();

}  // namespace headroom::plan
