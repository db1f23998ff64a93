#include "app/growth.h"

#include "app/input_file.h"
#include "report/audit_report.h"
#include "report/render.h"

namespace headroom::app {

Result<report::SavedAudit> load_saved_audit(const std::string& path) {
  const auto text = read_file(path, "--compare");
  if (!text) return fail(text.error());
  return report::read_saved_audit(*text, path);
}

Result<report::SavedAudit> as_saved(const Survey& survey) {
  // Both sides go through the same JSON, so that a name is spelled alike on both.
  const auto json = report::render(report::audit_report(survey, {0}), report::Format::json);
  if (!json) return fail(json.error());
  return report::read_saved_audit(*json, "this audit");
}

Result<Report> growth_since(const report::SavedAudit& before, const Survey& now, std::size_t top) {
  const auto after = as_saved(now);
  if (!after) return fail(after.error());
  const auto rows = report::growth_rows(before, *after);
  return report::growth_report({after->target, before.time, after->time, before.complete && after->complete},
                               rows, top);
}

}  // namespace headroom::app
