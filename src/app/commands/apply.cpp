#include <fmt/format.h>

#include "app/applying.h"
#include "app/run_ending.h"
#include "report/run_report.h"

namespace headroom::app {
namespace {

Result<Exit> run(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  if (words.empty() || words.size() > 2)
    return fail({"apply takes the file of a plan, and perhaps a server", "command line",
                 "headroom apply FILE [TARGET]", Exit::usage});
  if (const auto told = can_tell_run(invocation); !told) return fail(told.error());
  const auto ground = apply_ground(invocation, words[0], words.size() == 2 ? words[1] : "");
  if (!ground) return fail(ground.error());
  const auto report =
      invocation.options.dry_run ? rehearse_plan(*ground, words[0]) : apply_plan(*ground, words[0]);
  if (!report) return fail(report.error());
  return tell_run(*report, report::run_report(*report), invocation);
}

}  // namespace

Subcommand apply() {
  return {"apply",
          "make the changes of a plan, each proved again at its moment; can be undone",
          "FILE [TARGET]",
          {OptionGroup::connection, OptionGroup::db, OptionGroup::policy, OptionGroup::state,
           OptionGroup::dry_run, OptionGroup::fast, OptionGroup::pace, OptionGroup::output},
          "",
          run};
}

}  // namespace headroom::app
