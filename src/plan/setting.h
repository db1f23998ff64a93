#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plan/policy.h"

/// The settings of a policy as data: what reads a file, what writes one and the test of docs/policy.md all
/// work from these tables. Of the plan room only.
namespace headroom::plan {

/// Where a setting's value is kept. The type says how it is written:
///   bool            true, false
///   seconds         "90s" "15m" "24h" "7d"
///   Bytes           "500MB" "1GiB" (binary both, as in redis.conf)
///   whole numbers   1000
///   double          "20%"
///   texts           "..." and ["...", "..."]
///   Removal         "ttl" "quarantine" "journal"
///   Retention       { age = "24h", count = 500, bytes = "1GiB" }
/// What is optional may also be "off".
template <class Owner>
using SettingPlace =
    std::variant<bool Owner::*, std::chrono::seconds Owner::*, std::optional<std::chrono::seconds> Owner::*,
                 std::optional<Bytes> Owner::*, std::uint64_t Owner::*, std::uint32_t Owner::*,
                 std::optional<std::uint64_t> Owner::*, double Owner::*, std::string Owner::*,
                 std::vector<std::string> Owner::*, Removal Owner::*, Retention Owner::*>;

/// What a value may be: seconds, bytes, a number, ten-thousandths of a per cent.
struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = std::uint64_t{1} << 50U;
};

template <class Owner>
struct Setting {
  std::string_view name{};
  SettingPlace<Owner> place{};
  Range range{};
};

std::span<const Setting<Retention>> retention_settings();
std::span<const Setting<BullPolicy>> bull_settings();  ///< without `match`
std::span<const Setting<CeleryPolicy>> celery_settings();
std::span<const Setting<KeyRule>> rule_settings();
std::span<const Setting<Policy>> protect_settings();  ///< of [protect]
std::span<const Setting<Limits>> limit_settings();
std::span<const Setting<PacePolicy>> pace_settings();
std::span<const Setting<JournalPolicy>> journal_settings();

}  // namespace headroom::plan
