#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>

/// Of the report room only: nlohmann is not shown outside.
namespace headroom::report {

/// A moment as we write it ourselves: "2026-11-21T05:40:00Z", with or without a fraction, which is passed
/// over. 0: anything else.
std::chrono::milliseconds moment_of(const nlohmann::json& value);

}  // namespace headroom::report
