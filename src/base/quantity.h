#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/bytes.h"

/// Amounts as people type them. Empty when the text is anything else, or does not fit.
namespace headroom {

/// "4096", "1K", "10M", "2G", "1T", also "10MB" and "10MiB", in either case; binary units, as in redis.conf's
/// "mb".
std::optional<Bytes> read_bytes(std::string_view text);

/// "500ms", "90s", "15m", "12h", "7d", "2w", and several of them: "1d12h". Without a unit: seconds.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text);

}  // namespace headroom
