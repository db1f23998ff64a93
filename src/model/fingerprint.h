#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace headroom {

/// The fields of a job hash that every transition of its queue changes at least one of (bull-bullmq.md 5.1).
inline constexpr std::array<std::string_view, 8> fingerprint_fields = {
    "timestamp", "processedOn", "finishedOn", "ats", "atm", "stc", "delay", "priority"};

/// Of the answers to HMGET fingerprint_fields, for CheckKind::fingerprint. A field that is missing differs
/// from an empty one.
inline std::int64_t fingerprint(std::span<const std::optional<std::string>> fields) {
  std::uint64_t mixed = fields.size();
  for (const auto& field : fields) mixed = field ? hash_bytes(*field, mixed) : hash_bytes("", ~mixed);
  return static_cast<std::int64_t>(mixed);
}

}  // namespace headroom
