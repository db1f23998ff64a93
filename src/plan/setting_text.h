#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/policy.h"
#include "plan/setting.h"

/// Values of settings as a file writes them.
namespace headroom::plan {

/// Nothing when the text is no such amount, or has no unit.
std::optional<std::chrono::seconds> read_seconds(std::string_view text);
std::optional<Bytes> read_size(std::string_view text);
/// "20%", up to four decimals; as a share of one.
std::optional<double> read_percent(std::string_view text);
std::optional<Removal> read_removal(std::string_view text);

/// TOML that reads back to the same value.
std::string written(bool value);
std::string written(std::chrono::seconds value);
std::string written(Bytes value);
std::string written(std::uint64_t value);
std::string written(std::uint32_t value);
std::string written(double share);
std::string written(const std::string& value);
std::string written(const std::vector<std::string>& value);
std::string written(Removal value);
std::string written(const Retention& value);
template <class T>
std::string written(const std::optional<T>& value) {
  return value ? written(*value) : std::string("\"off\"");
}

template <class Owner>
std::string written(const Owner& owner, const Setting<Owner>& setting) {
  return std::visit([&](auto place) { return written(owner.*place); }, setting.place);
}

}  // namespace headroom::plan
