#include "app/run_ending.h"
#include "app/undoing.h"
#include "report/run_report.h"

namespace headroom::app {
namespace {

Result<Exit> run(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  if (words.empty() || words.size() > 2)
    return fail({"sweep takes the id of a run, and perhaps a server", "command line",
                 "headroom sweep RUN [TARGET]", Exit::usage});
  if (const auto told = can_tell_run(invocation); !told) return fail(told.error());
  const auto about = undo_ground(invocation, words[0], words.size() == 2 ? words[1] : "");
  if (!about) return fail(about.error());
  const auto report = sweep_run(*about);
  if (!report) return fail(report.error());
  return tell_run(*report, report::run_report(*report), invocation);
}

}  // namespace

Subcommand sweep() {
  return {"sweep",
          "remove for good what a run put into quarantine",
          "RUN [TARGET]",
          {OptionGroup::connection, OptionGroup::policy, OptionGroup::state, OptionGroup::fast,
           OptionGroup::force, OptionGroup::pace, OptionGroup::output},
          "",
          run};
}

}  // namespace headroom::app
