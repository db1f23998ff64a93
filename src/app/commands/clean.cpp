#include <fmt/format.h>

#include <filesystem>

#include "app/applying.h"
#include "app/output.h"
#include "app/planning.h"
#include "app/run_ending.h"
#include "app/typed_line.h"
#include "report/plan_report.h"
#include "report/run_report.h"

namespace headroom::app {
namespace {

/// A plan that nobody asked to keep.
class PassingFile {
 public:
  explicit PassingFile(std::string path) : path_(std::move(path)) {}
  ~PassingFile() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// For programs and in a file there is one document: that of the run, when there is one.
bool plan_is_shown(const Options& options) {
  if (options.yes && !options.output.empty()) return false;
  return !options.yes || options.format.empty() || options.format == "text" || options.format == "markdown";
}

/// Of a plan that was not shown by itself.
Report one_document(const RunReport& run, const MadePlan& made) {
  auto report = report::run_report(run);
  report::add_plan(report, made.header);
  report.notes.insert(report.notes.begin(), made.notes.begin(), made.notes.end());
  return report;
}

Result<Exit> carry_out(const PlanningGround& ground, const MadePlan& made, const Invocation& invocation) {
  auto secret = ground.state.secret();
  if (!secret) return fail(secret.error());
  const RunGround run{ground.session,
                      ground.state,
                      std::move(*secret),
                      ground.policy.reading.policy,
                      invocation.options,
                      ground.wishes,
                      ground.options.targets.empty() ? "" : ground.options.targets[0]};
  const auto report = apply_plan(run, made.file);
  if (!report) return fail(report.error());
  const bool shown = plan_is_shown(invocation.options);
  return tell_run(*report, shown ? report::run_report(*report) : one_document(*report, made), invocation);
}

Result<Exit> run(const Invocation& invocation) {
  if (invocation.options.yes)
    if (const auto told = can_tell_run(invocation, one_document({}, {})); !told) return fail(told.error());
  const auto ground = planning_ground(invocation, invocation.options.targets);
  if (!ground) return fail(ground.error());
  // The plan lies there for a moment too.
  if (const auto writable = ground->state.writable(); !writable) return fail(writable.error());
  const PassingFile file(fmt::format("{}/clean-{}.hrplan", ground->state.path(), new_plan_id()));
  auto made = make_plan(*ground, file.path());
  if (!made) return fail(made.error());
  const bool anything = made->header.steps != 0;
  if (!anything) made->notes.emplace_back("Nothing to do.");
  const bool apply = invocation.options.yes && anything && made->over.empty();
  if (!apply || plan_is_shown(invocation.options)) {
    const auto done = emit(report::plan_report(made->header, "", made->notes), invocation);
    if (!done) return fail(done.error());
  }
  if (!made->over.empty()) return fail(over_the_limits(*made, invocation));
  if (apply) return carry_out(*ground, *made, invocation);
  if (anything && stderr_is_for_people(invocation.options))
    tell("nothing was changed; to do it: " +
         typed_line({"clean", invocation.options.targets, {}, {}, " --yes"}, invocation.options));
  return made->complete ? Exit::fine : Exit::partial;
}

}  // namespace

Subcommand clean() {
  return {
      "clean",
      "plan, and with --yes apply in one go; without it the plan is only shown",
      "[TARGET]",
      {OptionGroup::connection, OptionGroup::db, OptionGroup::look, OptionGroup::fast,
       OptionGroup::plan_source, OptionGroup::force, OptionGroup::policy, OptionGroup::state,
       OptionGroup::planning, OptionGroup::rules, OptionGroup::clean, OptionGroup::pace, OptionGroup::output},
      "",
      run};
}

}  // namespace headroom::app
