#include "app/repack.h"
#include "app/families.h"
#include "app/output.h"
#include "app/server_survey.h"
#include "app/targets.h"
#include "report/repack_report.h"

namespace headroom::app {
namespace {

Result<Survey> read(const Target& target, std::span<const family::Family> families, const Options& options,
                    RepackCompanion& companion) {
  if (!target.server) return survey_snapshot(snapshot_file(target.file), families, options, &companion);
  if (options.source == "scan")
    return fail({"repack needs the lengths of all fields and members, which a scan does not tell",
                 "command line", "headroom repack dump.rdb, or leave --source away", Exit::usage});
  return survey_server_snapshot(*target.server, families, options, "repack", companion);
}

Result<Exit> run(const Invocation& invocation) {
  const auto& options = invocation.options;
  const auto looked_at = targets(invocation);
  if (!looked_at) return fail(looked_at.error());
  if (looked_at->size() > 1)
    return fail({"limits belong to one server: repack looks at one at a time", "command line",
                 "headroom repack FILE, or headroom repack TARGET", Exit::usage});
  const auto known = Families::load(options);
  if (!known) return fail(known.error());
  RepackCompanion companion;
  const auto survey = read(looked_at->front(), known->all(), options, companion);
  if (!survey) return fail(survey.error());
  if (const auto done = emit(report::repack_report(*survey, companion.advice()), invocation); !done)
    return fail(done.error());
  return survey->scan.complete ? Exit::fine : Exit::partial;
}

}  // namespace

Subcommand repack() {
  return {"repack",
          "what hash-max-listpack-value and its sisters would save on this very data, by owner",
          "[FILE|TARGET]",
          {OptionGroup::connection, OptionGroup::db, OptionGroup::snapshot, OptionGroup::force,
           OptionGroup::allocator, OptionGroup::output, OptionGroup::policy},
          "",
          run};
}

}  // namespace headroom::app
