#include "app/plan_listing.h"

#include "act/plan_file.h"
#include "act/state_folder.h"
#include "app/output.h"
#include "app/output_file.h"
#include "plan/facts.h"
#include "plan/policy.h"
#include "report/plan_report.h"
#include "report/step_lines.h"

namespace headroom::app {
namespace {

Result<bool> list_steps(const Options& options, act::PlanReader& plan) {
  const auto format = report::format_named(options.format.empty() ? "text" : options.format);
  if (!format) return fail(format.error());
  if (*format == report::Format::json || *format == report::Format::markdown)
    return fail({"steps are listed as text, ndjson or csv", "--format", "--format ndjson", Exit::usage});
  const auto out = OutputFile::open(options.output);
  if (!out) return fail(out.error());
  bool written = true;
  report::StepLines lines(*format, plan.header(),
                          [&](std::string_view text) { written = (*out)->write(text); });
  Step step;
  while (written) {
    const auto more = plan.next(step);
    if (!more) return fail(more.error());
    if (!*more) break;
    lines.add(step);
  }
  lines.finish();
  return (*out)->finish();
}

}  // namespace

Result<Exit> show_plan(const Invocation& invocation, const std::string& file) {
  const auto& options = invocation.options;
  const auto state = act::StateFolder::open(options.state, invocation.environment);
  if (!state) return fail(state.error());
  const auto secret = state->secret();
  if (!secret) return fail(secret.error());
  auto plan = act::PlanReader::open(file, *secret);
  if (!plan) return fail(plan.error());
  const auto policy = plan::read_policy(plan->header().policy, "the plan's policy", {}).policy;
  const auto done =
      options.list_keys
          ? list_steps(options, *plan)
          : emit(report::plan_report(plan->header(), file,
                                     plan::warnings(plan->header(), policy.pace.expiries_per_second)),
                 invocation);
  if (!done) return fail(done.error());
  return Exit::fine;
}

}  // namespace headroom::app
