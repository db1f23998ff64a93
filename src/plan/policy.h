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
/// out. The names of the settings are those of the members (plan/setting.h).
namespace headroom::plan {

/// How much of something may stay. Several members: what breaks any of them goes; without any, all stays. A
/// retention that a file gives takes the place of the whole default: { age = "7d" } does not keep count =
/// 500.
struct Retention {
  std::optional<std::chrono::seconds> age{};
  std::optional<std::uint64_t> count{};  ///< the newest so many stay
  std::optional<Bytes> bytes{};          ///< the newest that fit stay

  friend bool operator==(const Retention&, const Retention&) = default;
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

  friend bool operator==(const BullPolicy&, const BullPolicy&) = default;
};

/// [celery]
struct CeleryPolicy {
  std::chrono::seconds result_ttl = std::chrono::hours(1);  ///< A66: for results without one
  std::chrono::seconds result_age = std::chrono::hours(2);  ///< A199: removed past this
  bool results = true, chords = true, replies = true, rpc = true, bindings = true;
  bool requeue = false;  ///< messages of dead workers, exactly as kombu does
  std::chrono::seconds reply_idle = std::chrono::minutes(15);

  friend bool operator==(const CeleryPolicy&, const CeleryPolicy&) = default;
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

  friend bool operator==(const KeyRule&, const KeyRule&) = default;
};

/// [limits]: of one plan (PLAN-4) and of a day.
struct Limits {
  double share = 0.20;  ///< of all keys
  std::uint64_t keys = 1'000'000;
  std::optional<Bytes> bytes{};
  std::optional<std::uint64_t> keys_per_day{};
  std::optional<Bytes> bytes_per_day{};
  std::chrono::seconds plan_life = std::chrono::hours(1);

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// [pace]
struct PacePolicy {
  double duty = 0.25;
  std::size_t first_batch = 100;       ///< A69
  std::vector<std::string> windows{};  ///< "22:00-06:00", local time
  std::optional<std::chrono::seconds> run_time{};
  std::uint32_t expiries_per_second = 7'000;  ///< TTL-2
  std::uint32_t wait_replicas = 1;

  friend bool operator==(const PacePolicy&, const PacePolicy&) = default;
};

/// [journal]: how long runs can be undone. Older ones go when the next run begins, which says so; never one
/// whose quarantine was not swept (UNDO-6).
struct JournalPolicy {
  std::optional<std::chrono::seconds> keep = std::chrono::hours(24 * 30);
  std::optional<Bytes> keep_bytes = Bytes{std::uint64_t{10} << 30U};  ///< of all journals of the state folder

  friend bool operator==(const JournalPolicy&, const JournalPolicy&) = default;
};

struct Policy {
  std::vector<BullPolicy> bull{{}};  ///< the first that matches a queue; the last is [bull]
  CeleryPolicy celery{};
  std::vector<KeyRule> rules{};
  std::vector<std::string> protect{};  ///< [protect] names: patterns of names that no rule may touch
  Limits limits{};
  PacePolicy pace{};
  JournalPolicy journal{};

  friend bool operator==(const Policy&, const Policy&) = default;

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

/// Reads a policy over the defaults. Before the file, these variables act, and give way to it (A66-A69,
/// A104):
///   REDIS_JOB_TTL             seconds that jobs may stay: failed.age and orphan_age, and completed.age where
///                             that is longer
///   REDIS_EVENT_TTL           seconds: event_age
///   REDIS_METRICS_TTL         seconds: metrics_age
///   REDIS_CLEANUP_BATCH_SIZE  pace.first_batch
/// Unknown tables and keys, wrong types, amounts without a unit or out of range and duplicates are faults.
/// [[family]] is family/user_families.h's and passed over. A file that is no TOML has one fault: where it
/// stops being so.
PolicyReading read_policy(std::string_view toml, std::string_view file_name, const Variable& variable);

/// Minutes of the day that a window names: "22:00-06:00"; empty when it is none.
struct Minutes {
  int from = 0, to = 0;
};
std::optional<Minutes> read_window(std::string_view text);

/// The whole policy as a headroom.toml that reads back to the same policy; its hash binds plans.
std::string policy_text(const Policy& policy);

/// Which planners of app/planners a run takes.
struct Preset {
  std::string name{};                   ///< empty: none was asked for
  std::vector<std::string> planners{};  ///< in this order; empty: all but those that only a preset calls
  bool takes(std::string_view planner) const;
};
/// --preset NAME: "bull", "celery", "cache", "orphans", "emergency"; "" for none. May change `policy` too:
/// "emergency" removes at once instead of giving a TTL, since memory is wanted now. Errors: no such preset.
Result<Preset> preset(std::string_view name, Policy& policy);
std::vector<std::string_view> preset_names();

/// "completed.age", "pace.duty", ... with what stands there by default, as a file would say it: every setting
/// there is, for documentation.
struct DocumentedSetting {
  std::string table{};  ///< "bull"
  std::string name{};
  std::string fallback{};
};
std::vector<DocumentedSetting> all_settings();

}  // namespace headroom::plan
