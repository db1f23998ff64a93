#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/output.h"
#include "app/run_ending.h"
#include "app/typed_line.h"
#include "app/undoing.h"
#include "base/text.h"
#include "report/run_report.h"
#include "report/runs_report.h"

namespace headroom::app {
namespace {

Error usage(std::string what, const Options& options) {
  return {std::move(what), "command line",
          line_about("undo", {"list"}, options) +
              "  # names the runs, for: undo RUN [TARGET], undo show|verify|forget RUN",
          Exit::usage};
}

/// What is typed next about a run, as it stands.
std::string line_on(std::string_view command, const PastRun& run, const Invocation& invocation) {
  return line_about(command, {run.id.substr(0, 8)}, invocation.options);
}

Result<act::StateFolder> state_of(const Invocation& invocation) {
  return act::StateFolder::open(invocation.options.state, invocation.environment);
}

Result<Exit> list(const Invocation& invocation, const std::string&) {
  const auto state = state_of(invocation);
  if (!state) return fail(state.error());
  const auto secret = state->secret();
  if (!secret) return fail(secret.error());
  const auto runs = past_runs(*state);
  std::vector<report::RunLine> lines;
  for (const auto& run : runs) {
    const auto back = steps_back(*state, run, *secret);
    lines.push_back({run.id, run.report ? &*run.report : nullptr, run.disk_bytes, run.age, run.quarantined,
                     back ? std::optional(*back) : std::nullopt,
                     run.undo ? run.undo->ended : std::chrono::milliseconds{}});
  }
  if (const auto done = emit(report::runs_report(state->path(), lines), invocation); !done)
    return fail(done.error());
  return Exit::fine;
}

Result<Exit> show(const Invocation& invocation, const std::string& words) {
  const auto state = state_of(invocation);
  if (!state) return fail(state.error());
  const auto run = find_run(*state, words, invocation.options);
  if (!run) return fail(run.error());
  if (!run->report)
    return fail({"this run was killed before it could report", state->run(run->id),
                 line_on("undo", *run, invocation) + "  # takes it back; to go on: " +
                     line_about("apply", {state->run(run->id) + "/plan"}, invocation.options),
                 Exit::partial});
  if (const auto done = emit(report::run_report(*run->report), invocation); !done) return fail(done.error());
  return Exit::fine;
}

Result<Exit> verify(const Invocation& invocation, const std::string& words) {
  const auto state = state_of(invocation);
  if (!state) return fail(state.error());
  const auto secret = state->secret();
  if (!secret) return fail(secret.error());
  const auto run = find_run(*state, words, invocation.options);
  if (!run) return fail(run.error());
  const auto journal = summary_of(*state, run->id, *secret);
  if (!journal) return fail(journal.error());
  const auto& health = journal->health;
  Report report{"headroom.journal/1", "Journal of run " + run->id};
  report.facts = {{"run", run->id},
                  {"sound", health.damage.empty(), "Sound"},
                  {"damage", health.damage.empty() ? Value{} : Value{health.damage}, "", Audience::programs},
                  {"", health.damage.empty() ? "none" : health.damage, "Damage", Audience::people},
                  {"cut", health.cut, "Cut by a crash"},
                  {"blocks", static_cast<std::int64_t>(health.blocks)},
                  {"steps", static_cast<std::int64_t>(health.steps)},
                  {"outcomes", static_cast<std::int64_t>(health.outcomes)},
                  {"bytes", Bytes{health.bytes}}};
  if (const auto done = emit(report, invocation); !done) return fail(done.error());
  return health.damage.empty() ? Exit::fine : Exit::findings;
}

Result<Exit> forget(const Invocation& invocation, const std::string& words) {
  const auto state = state_of(invocation);
  if (!state) return fail(state.error());
  const auto run = find_run(*state, words, invocation.options);
  if (!run) return fail(run.error());
  if (run->quarantined && !invocation.options.force)
    return fail({"keys of this run lie in quarantine, and only its journal knows them", state->run(run->id),
                 fmt::format("{}  # puts them back; to remove them for good: {}; --force leaves them there",
                             line_on("undo", *run, invocation), line_on("sweep", *run, invocation)),
                 Exit::refused});
  if (const auto gone = forget_run(*state, run->id); !gone) return fail(gone.error());
  if (!invocation.options.quiet)
    tell(fmt::format("run {} is forgotten: it can no longer be undone", run->id));
  return Exit::fine;
}

Result<Exit> take_back(const Invocation& invocation, const std::string& words, const std::string& target) {
  if (const auto told = can_tell_run(invocation); !told) return fail(told.error());
  const auto about = undo_ground(invocation, words, target);
  if (!about) return fail(about.error());
  const auto report = invocation.options.dry_run ? preview_run(*about) : undo_run(*about);
  if (!report) return fail(report.error());
  return tell_run(*report, report::run_report(*report), invocation);
}

struct Action {
  std::string_view name{};
  std::size_t words = 0;
  Result<Exit> (*run)(const Invocation&, const std::string& run) = nullptr;
};
constexpr std::array<Action, 4> actions{
    {{"list", 1, list}, {"show", 2, show}, {"verify", 2, verify}, {"forget", 2, forget}}};

Result<Exit> run(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  if (words.empty() || words.size() > 2) return fail(usage("undo takes the id of a run", invocation.options));
  const auto* const action =
      std::find_if(actions.begin(), actions.end(), [&](const Action& one) { return one.name == words[0]; });
  if (action == actions.end()) return take_back(invocation, words[0], words.size() == 2 ? words[1] : "");
  if (words.size() != action->words)
    return fail(usage(
        fmt::format("undo {} takes {}", words[0], action->words == 1 ? "nothing else" : "the id of a run"),
        invocation.options));
  return action->run(invocation, words.back());
}

}  // namespace

Subcommand undo() {
  return {"undo",
          "put back what a run took away; undo list: the runs that can be taken back",
          "RUN [TARGET] | list | show RUN | verify RUN | forget RUN",
          {OptionGroup::connection, OptionGroup::policy, OptionGroup::state, OptionGroup::names,
           OptionGroup::rules, OptionGroup::force, OptionGroup::dry_run, OptionGroup::fast, OptionGroup::pace,
           OptionGroup::output},
          "",
          run};
}

}  // namespace headroom::app
