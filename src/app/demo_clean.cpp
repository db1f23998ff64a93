#include "app/demo_clean.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "app/applying.h"
#include "app/output.h"
#include "app/planning.h"
#include "app/undoing.h"
#include "report/plan_report.h"
#include "report/run_report.h"

namespace headroom::app {
namespace {

// Half of a demo's keys may go: on a server of your own the limit of 20 % asks for your word first.
constexpr std::string_view policy = R"([bull]
completed = { age = "24h", count = 100 }
failed = { age = "7d", count = 100 }
event_entries = 100

[limits]
share = "100%"
)";

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Invocation for_clean(const Invocation& demo, const std::string& address, const std::string& folder) {
  Invocation clean = demo;
  clean.options.policy = folder + "/headroom.toml";
  clean.options.state = folder + "/state";
  clean.options.targets = {address};
  clean.options.fast = true;
  std::ofstream(clean.options.policy) << policy;
  return clean;
}

Result<RunReport> apply_it(const PlanningGround& ground, const std::string& file) {
  auto secret = ground.state.secret();
  if (!secret) return fail(secret.error());
  return apply_plan(
      {ground.session, ground.state, std::move(*secret), ground.policy.reading.policy, ground.options}, file);
}

Result<bool> take_back(const Invocation& invocation, const RunReport& applied, const std::string& address) {
  const auto about = undo_ground(invocation, applied.run, address);
  if (!about) return fail(about.error());
  const auto undone = undo_run(*about);
  if (!undone) return fail(undone.error());
  return emit(report::run_report(*undone), invocation);
}

}  // namespace

Result<bool> show_clean(const Invocation& demo, const std::string& address, const std::string& folder) {
  const auto invocation = for_clean(demo, address, folder);
  const auto ground = planning_ground(invocation, invocation.options.targets);
  if (!ground) return fail(ground.error());
  const auto file = folder + "/demo.hrplan";
  const auto made = make_plan(*ground, file);
  if (!made) return fail(made.error());
  say("\nheadroom plan: what a policy (100 completed jobs of each queue, results for an hour) would take "
      "away. Nothing "
      "is changed yet.\n\n");
  if (const auto done = emit(report::plan_report(made->header, file, made->notes), invocation); !done)
    return done;
  say("\nheadroom apply: each key is proved again at the moment it goes, and journaled before.\n\n");
  const auto applied = apply_it(*ground, file);
  if (!applied) return fail(applied.error());
  if (const auto done = emit(report::run_report(*applied), invocation); !done) return done;
  say("\nheadroom undo: all of it comes back.\n\n");
  return take_back(invocation, *applied, address);
}

}  // namespace headroom::app
