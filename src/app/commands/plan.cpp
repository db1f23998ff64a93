#include <fmt/format.h>

#include "app/output.h"
#include "app/plan_listing.h"
#include "app/planning.h"
#include "app/typed_line.h"
#include "report/plan_report.h"

namespace headroom::app {
namespace {

std::string file_for(const Options& options, const std::string& id) {
  return options.output.empty() ? fmt::format("headroom-plan-{}.hrplan", id) : options.output;
}

/// The plan knows its server, but not how to log in to it or how to prove who it is.
std::vector<std::string> words_of(const std::string& file, const Invocation& invocation) {
  std::vector<std::string> words{file};
  words.insert(words.end(), invocation.options.targets.begin(), invocation.options.targets.end());
  return words;
}

Result<bool> print(const MadePlan& made, const Invocation& invocation) {
  auto on_screen = invocation;  // --output is where the plan is
  on_screen.options.output.clear();
  const auto done = emit(report::plan_report(made.header, made.file, made.notes), on_screen);
  if (done || made.file.empty()) return done;
  auto error = done.error();
  error.what = fmt::format("the plan is made ({}), but: {}", made.file, error.what);
  error.remedy = line_about("plan", {"show", made.file}, invocation.options);
  return fail(std::move(error));
}

Result<Exit> make(const Invocation& invocation) {
  const auto ground = planning_ground(invocation, invocation.options.targets);
  if (!ground) return fail(ground.error());
  auto made = make_plan(*ground, file_for(ground->options, new_plan_id().substr(0, 8)));
  if (!made) return fail(made.error());
  if (made->header.steps == 0) made->notes.emplace_back("Nothing to do.");
  if (const auto done = print(*made, invocation); !done) return fail(done.error());
  if (!made->over.empty()) return fail(over_the_limits(*made, invocation));
  if (made->header.steps != 0 && stderr_is_for_people(invocation.options))
    tell("to do it: " + line_about("apply", words_of(made->file, invocation), invocation.options));
  return made->complete ? Exit::fine : Exit::partial;
}

Result<Exit> show(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  if (words.size() != 2)
    return fail({"plan show takes the file of a plan", "command line", "headroom plan show FILE [--keys]",
                 Exit::usage});
  return show_plan(invocation, words[1]);
}

Result<Exit> run(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  return !words.empty() && words[0] == "show" ? show(invocation) : make(invocation);
}

}  // namespace

Subcommand plan() {
  return {"plan",
          "what the policy would have removed, as a file for `apply`; changes nothing (plan show FILE: what "
          "it says)",
          "[TARGET] | show FILE",
          {OptionGroup::connection, OptionGroup::db, OptionGroup::look, OptionGroup::fast,
           OptionGroup::plan_source, OptionGroup::force, OptionGroup::policy, OptionGroup::state,
           OptionGroup::planning, OptionGroup::rules, OptionGroup::show, OptionGroup::output},
          "",
          run};
}

}  // namespace headroom::app
