#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "model/pattern_group.h"
#include "model/report.h"

/// `headroom audit --compare`: what grew between two audits.
namespace headroom::report {

/// One thing in both audits; what was in only one of them has zeros in the other.
struct GrowthRow {
  std::string kind{};    ///< "family", "owner" or "pattern"
  std::string name{};    ///< hostile bytes for owners and patterns
  std::string family{};  ///< of owners and patterns; empty: nobody's we know
  std::uint32_t db = 0;
  std::uint64_t keys_before = 0, keys_after = 0;
  Estimate bytes_before{}, bytes_after{};
};

/// Between which audits.
struct GrowthSpan {
  std::string target{};
  std::chrono::milliseconds before{};  ///< since the epoch, by the server's clock; 0: unknown
  std::chrono::milliseconds after{};
  bool complete = true;  ///< both audits saw everything
};

/// The report "headroom.growth/1": tables families, owners, patterns, each ranked by bytes grown, largest
/// first; ties by name. bytes_grown has a range as wide as both audits' ranges together: growth within it may
/// be none. Rows that did not change are left out.
Report growth_report(const GrowthSpan& span, std::span<const GrowthRow> rows, std::size_t top = 20);

}  // namespace headroom::report
