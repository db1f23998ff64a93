#include <fstream>

#include "app/families.h"
#include "app/growth.h"
#include "app/output.h"
#include "app/server_survey.h"
#include "app/snapshot_survey.h"
#include "app/targets.h"
#include "report/audit_report.h"
#include "report/summary_report.h"
#include "survey/summary.h"

namespace headroom::app {
namespace {

Result<Survey> survey_one(const Target& target, std::span<const family::Family> families,
                          const Options& options) {
  if (target.server) return survey_server(*target.server, families, options);
  return survey_snapshot(snapshot_file(target.file), families, options);
}

Result<Survey> survey_all(const std::vector<Target>& targets, std::span<const family::Family> families,
                          const Options& options) {
  auto whole = survey_one(targets[0], families, options);
  for (std::size_t i = 1; whole && i < targets.size(); ++i) {
    auto another = survey_one(targets[i], families, options);
    if (!another) return another;
    *whole = survey::merge(std::move(*whole), std::move(*another));
  }
  return whole;
}

Result<Report> report_on(const Survey& survey, const Options& options,
                         const std::optional<report::SavedAudit>& before) {
  const auto top = static_cast<std::size_t>(options.top);
  if (before) return growth_since(*before, survey, top);
  if (options.summary) return report::summary_report(survey);
  return report::audit_report(survey, {top});
}

bool is_saved_audit(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file.peek() == '{';
}

// Before the scan: a file that cannot be compared with is told at once, not after minutes of work.
Result<std::optional<report::SavedAudit>> earlier_audit(std::span<const family::Family> families,
                                                        const Options& options) {
  if (options.compare.empty()) return std::optional<report::SavedAudit>();
  Result<report::SavedAudit> audit = fail(Error{});
  if (is_saved_audit(options.compare)) {
    audit = load_saved_audit(options.compare);
  } else {
    const auto survey = survey_snapshot(snapshot_file(options.compare), families, options);
    if (!survey) return fail(survey.error());
    audit = as_saved(*survey);
  }
  if (!audit) return fail(audit.error());
  return std::optional(std::move(*audit));
}

Result<Exit> run(const Invocation& invocation) {
  const auto& options = invocation.options;
  if (options.top < 0) return fail({"--top is a number of rows", "command line", "--top 20", Exit::usage});
  const auto looked_at = targets(invocation);
  if (!looked_at) return fail(looked_at.error());
  const auto known = Families::load(options);
  if (!known) return fail(known.error());
  const auto before = earlier_audit(known->all(), options);
  if (!before) return fail(before.error());
  const auto survey = survey_all(*looked_at, known->all(), options);
  if (!survey) return fail(survey.error());
  const auto report = report_on(*survey, options, *before);
  if (!report) return fail(report.error());
  if (const auto done = emit(*report, invocation); !done) return fail(done.error());
  const bool whole = survey->scan.complete && (!*before || (*before)->complete);
  return whole ? Exit::fine : Exit::partial;
}

}  // namespace

Subcommand audit() {
  return {"audit",
          "where the bytes are and whose they are; what is debris and why",
          "[TARGET...]",
          {OptionGroup::connection, OptionGroup::db, OptionGroup::look, OptionGroup::fast,
           OptionGroup::snapshot, OptionGroup::force, OptionGroup::allocator, OptionGroup::audit,
           OptionGroup::output, OptionGroup::policy},
          "",
          run};
}

}  // namespace headroom::app
