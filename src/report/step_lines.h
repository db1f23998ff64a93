#pragma once

#include "model/plan.h"
#include "report/render.h"
#include "report/spool.h"

/// `headroom plan show FILE --keys`: the steps of a plan while they pass by, for millions of them.
namespace headroom::report {

/// Writes steps in one format:
///  - ndjson: {"step", "rule", "owner", "db", "bytes", "keys": [{"key", "key_base64" where it is needed}],
///  "checks":
///    [{"check", "key" (which of the keys), "member", "text", "number", "real"}], "changes": [{"change",
///    "key", "member", "text", "number", "limit"}]}; members that say nothing are left out. Members and texts
///    that are no UTF-8 have `_base64` beside them;
///  - csv: a line per change: step, rule, db, change, key, key_base64, member, member_base64, checks;
///  - text: the same for people, the key last.
class StepLines {
 public:
  /// Needs: `format` is text, ndjson or csv. Writes the head, where there is one. Borrows `plan`.
  StepLines(Format format, const PlanHeader& plan, Sink sink);
  void add(const Step& step);
  /// Hands on what is left.
  void finish() { spool_.flush(); }

 private:
  void add_json(const Step& step, const PlanRule& rule);
  void add_rows(const Step& step, const PlanRule& rule);

  Format format_;
  const PlanHeader& plan_;
  std::uint64_t number_ = 0;
  Spool spool_;
};

}  // namespace headroom::report
