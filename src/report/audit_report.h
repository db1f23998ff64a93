#pragma once

#include <cstddef>

#include "model/report.h"
#include "model/survey.h"

/// `headroom audit`: where the bytes are and whose they are.
namespace headroom::report {

/// What people are shown; programs get everything.
struct AuditView {
  std::size_t top = 20;  ///< rows of each table; 0: all
};

/// The report "headroom.audit/1", with the fields of design.md section 5:
///   target, source, complete, keys, bytes, server, reconciliation, ttl, families, owners, patterns, types,
///   biggest, debris;
/// and beside them: stopped_by, time, sampling{measured, confidence, precision}, scan{names, expected,
/// expected_after, asked, restarts, seconds}, idle (when the source knows it), biggest_guarantee. Counts of
/// keys are exact; a number with _low and _high lies between them at sampling.confidence. A scan that was
/// stopped shows in the title, in `complete` and `stopped_by`, in the notes, and in every CSV row. Sums of
/// reconciliation equal server.used_memory. Copies what it needs: `survey` may go afterwards.
Report audit_report(const Survey& survey, const AuditView& view = {});

}  // namespace headroom::report
