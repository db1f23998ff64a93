#include "report/queues_report.h"

#include <algorithm>

#include "app/families.h"
#include "app/live_survey.h"
#include "app/output.h"
#include "app/targets.h"
#include "facts/answers.h"
#include "family/questions.h"
#include "family/roots.h"

namespace headroom::app {
namespace {

std::vector<QueueState> describe(wire::Link& link, const family::RootFinder& finder,
                                 std::chrono::milliseconds now) {
  std::vector<QueueState> states;
  for (const auto& root : finder.finish())
    for (const auto& queue : family::queues_of(root, facts::ask(link, family::name_questions(root))))
      states.push_back(family::state(queue, facts::ask(link, family::questions(queue)), now));
  return states;
}

// The parts of a queue come from the survey of the same scan; owners that were folded together have no row of
// their own here.
void add_parts(std::vector<QueueState>& states, const Survey& survey) {
  for (auto& state : states) {
    const auto owner =
        std::find_if(survey.owners.begin(), survey.owners.end(), [&](const OwnerSum& candidate) {
          return candidate.family == state.family && candidate.db == state.db &&
                 candidate.owner == state.owner;
        });
    if (owner == survey.owners.end()) continue;
    for (const auto& part : owner->parts)
      state.parts.emplace_back(part.role, Bytes{static_cast<std::uint64_t>(part.sum.bytes.value)});
    if (owner->read_only) state.flags.push_back("read-only: " + std::string(owner->read_only_why));
  }
}

Result<Exit> run(const Invocation& invocation) {
  const auto looked_at = targets(invocation);
  if (!looked_at) return fail(looked_at.error());
  const auto known = Families::load(invocation.options);
  if (!known) return fail(known.error());
  if (looked_at->size() > 1)
    return fail(
        {"queues looks at one server at a time", "command line", "headroom queues TARGET", Exit::usage});
  if (!looked_at->front().server)
    return fail({"queues asks a running server; a file has nobody to ask", looked_at->front().file,
                 "headroom audit FILE, or headroom queues redis://HOST:PORT", Exit::usage});
  const auto& server = *looked_at->front().server;
  family::RootFinder finder(known->all());
  const auto survey = survey_live(server, known->all(), invocation.options, &finder);
  if (!survey) return fail(survey.error());
  auto link = server.open();
  if (!link) return fail(link.error());
  auto states = describe(**link, finder, survey->server.server_time);
  add_parts(states, *survey);
  if (const auto done = emit(report::queues_report(survey->server, states), invocation); !done)
    return fail(done.error());
  return survey->scan.complete ? Exit::fine : Exit::partial;
}

}  // namespace

Subcommand queues() {
  return {"queues",
          "every queue of every library: jobs per state, bytes, retention, heartbeat (marks the queues' own "
          "keys as used)",
          "[TARGET]",
          {OptionGroup::connection, OptionGroup::db, OptionGroup::look, OptionGroup::fast,
           OptionGroup::output, OptionGroup::policy},
          "",
          run};
}

}  // namespace headroom::app
