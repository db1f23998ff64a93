#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/growth_report.h"

/// An audit that was printed as JSON, read again: one side of `audit --compare`.
namespace headroom::report {

struct SavedSum {
  std::string kind{};  ///< "family", "owner" or "pattern"
  std::string name{};  ///< as JSON shows it: escaped where it is not UTF-8
  std::string family{};
  std::uint32_t db = 0;
  std::uint64_t keys = 0;
  Estimate bytes{};
};
struct SavedAudit {
  std::string target{};
  std::chrono::milliseconds time{};  ///< since the epoch; 0: the audit did not know
  bool complete = true;
  std::vector<SavedSum> sums{};
};

/// Reads what `headroom audit --format json` wrote (schema headroom.audit/1). `where` is for messages. Errors
/// (Exit::usage): not JSON, not an audit, another version of the schema, fields of a wrong kind.
Result<SavedAudit> read_saved_audit(std::string_view json, std::string_view where);

/// What stands in either, side by side; what is in one alone has zeros in the other.
std::vector<GrowthRow> growth_rows(const SavedAudit& before, const SavedAudit& after);

}  // namespace headroom::report
