#include "app/run_ending.h"

#include <fmt/format.h>

#include "app/output.h"
#include "app/output_file.h"
#include "app/typed_line.h"
#include "app/until_pace.h"
#include "base/text.h"
#include "report/run_report.h"

namespace headroom::app {
namespace {

Exit ending(const RunReport& run) {
  const bool reached = run.complete || UntilPace::is_goal(run.stopped_by);
  return reached && run.kept && run.failed == 0 && run.unknown == 0 ? Exit::fine : Exit::partial;
}

std::string what_was_done(const RunReport& run) {
  if (run.kind == "dry-run") return "nothing was changed";
  return fmt::format("{} of run {} is done ({} of {} steps)", run.kind, run.run.substr(0, 8),
                     human_count(run.removed), human_count(run.planned));
}

}  // namespace

Result<bool> can_tell_run(const Invocation& invocation) {
  return can_tell_run(invocation, report::run_report({}));
}

Result<bool> can_tell_run(const Invocation& invocation, const Report& like) {
  if (const auto text = rendered(like, invocation); !text) return fail(text.error());
  return OutputFile::can_open(invocation.options.output);
}

Result<Exit> tell_run(const RunReport& run, const Report& report, const Invocation& invocation) {
  const auto told = emit(report, invocation);
  if (told) return ending(run);
  auto error = told.error();
  error.what = fmt::format("{}, but: {}", what_was_done(run), error.what);
  if (run.kind == "apply" && run.kept)
    error.remedy = line_about("undo", {"show", run.run.substr(0, 8)}, invocation.options);
  error.exit = Exit::partial;
  return fail(std::move(error));
}

}  // namespace headroom::app
