#include "app/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "act/identity.h"
#include "app/families.h"
#include "app/plan_source.h"
#include "app/run_history.h"
#include "app/step_gate.h"
#include "app/targets.h"
#include "app/typed_line.h"
#include "app/until_pace.h"
#include "base/hash.h"
#include "base/text.h"
#include "facts/server_time.h"
#include "family/roots.h"
#include "plan/chosen_rules.h"
#include "plan/each_key_once.h"
#include "plan/limits.h"

namespace headroom::app {
namespace {

Result<Session> one_server(const Invocation& invocation, const std::vector<std::string>& words) {
  Invocation named = invocation;
  named.options.targets = words;
  auto found = targets(named);
  if (!found) return fail(found.error());
  if (found->size() > 1)
    return fail({"one server at a time", "command line",
                 fmt::format("headroom {} TARGET", invocation.command), Exit::usage});
  if (!found->front().server)
    return fail({"a plan is made of a running server, which it is then applied to", found->front().file,
                 fmt::format("headroom {} redis://HOST:PORT --source {}", invocation.command,
                             escape_for_terminal(found->front().file)),
                 Exit::usage});
  return std::move(*found->front().server);
}

struct Now {
  PlanServer server{};
  std::chrono::milliseconds time{};
};
Result<Now> look(const Session& session) {
  auto link = session.open();
  if (!link) return fail(link.error());
  auto server = act::identify(**link, session.address());
  if (!server) return fail(server.error());
  const auto time = facts::server_time(**link);
  if (!time) return fail(time.error());
  return Now{std::move(*server), *time};
}

Error not_a_master(const PlanServer& server) {
  return {fmt::format("this server is a {}: what is removed there comes back, so plans are made of masters",
                      server.role.empty() ? "server of unknown role" : server.role),
          server.address, "name its master (INFO replication says which)", Exit::refused};
}

/// The planners of a preset, in its order.
std::vector<Planner> planners_of(const plan::Preset& preset) {
  auto all = planners::known_planners();
  std::erase_if(all, [&](const Planner& planner) { return !preset.takes(planner.name); });
  const auto place = [&](const Planner& planner) {
    return std::find(preset.planners.begin(), preset.planners.end(), planner.name);
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const Planner& a, const Planner& b) { return place(a) < place(b); });
  return all;
}

Result<bool> let_them_plan(const PlanRequest& request, const plan::Preset& preset, StepGate& gate) {
  plan::EachKeyOnce once(gate);
  plan::ChosenRules chosen(once, request.options.only, request.policy);
  for (const auto& planner : planners_of(preset)) {
    once.next_planner();
    if (const auto done = planner.find(request, chosen); !done) return done;
  }
  return true;
}

/// A look is kept to short turns, as an audit's is, and not to the share of time that the change may take,
/// unless that is asked for on the command line.
source::Pace pace_of(const Wishes& wishes) {
  return source::planning(static_cast<std::uint32_t>(std::max(1.0, wishes.duty.value_or(1) * 100)));
}

bool takes_every_key(const PlanHeader& header, const plan::Policy& policy) {
  for (const auto& rule : policy.rules)
    for (const auto& planned : header.rules)
      if (planned.name == rule.name && plan::takes_every_key(rule)) return true;
  return false;
}

plan::Amount amount_of(const PlanHeader& header) {
  plan::Amount amount;
  for (const auto& rule : header.rules) amount.keys += rule.keys, amount.bytes += rule.bytes;
  return amount;
}

/// Everything of the header that does not come from the steps.
PlanHeader begun(const PlanningGround& ground, std::string_view source, const Now& start, const Now& end) {
  PlanHeader header;
  const auto& policy = ground.policy.reading.policy;
  header.id = new_plan_id();
  header.tool = HEADROOM_VERSION;
  header.source = source;
  header.made = end.time;
  header.expires = end.time + policy.limits.plan_life;
  header.server = start.server;
  header.server.used_memory = end.server.used_memory;
  header.policy = plan::policy_text(policy);
  header.policy_hash = ground.policy_hash;
  return header;
}

Result<bool> judge(const PlanningGround& ground, MadePlan& made) {
  const auto& policy = ground.policy.reading.policy;
  auto& header = made.header;
  const auto today = done_within_a_day(ground.state, header.server.address, header.made);
  if (!today) return fail(today.error());
  const auto verdict =
      plan::judge(policy.limits, ground.wishes.allowance, amount_of(header), *today, header.server.keys,
                  takes_every_key(header, policy), ground.session.host());
  header.over_limit = !verdict.over.empty();
  header.phrase = verdict.phrase;
  header.phrase_given = header.over_limit && verdict.allowed;
  made.allow = verdict.options;
  if (!verdict.allowed) made.over = verdict.over;
  return true;
}

}  // namespace

Error over_the_limits(const MadePlan& made, const Invocation& invocation) {
  std::string why;
  for (const auto& one : made.over) why += (why.empty() ? "" : "; ") + one;
  const auto& phrase = made.header.phrase;
  const auto again = [&] {
    return typed_line({invocation.command,
                       invocation.options.targets,
                       {},
                       {"--limit-keys", "--max-share", "--phrase"},
                       fmt::format("{} --phrase {}", made.allow, shell_word(phrase))},
                      invocation.options);
  };
  return {
      "the plan is over a limit of the policy and was not kept: " + why, made.header.server.address,
      phrase.empty() ? "headroom config show says the limits; --only RULE makes the plan smaller" : again(),
      Exit::refused};
}

std::string new_plan_id() {
  std::random_device random;
  std::string id;
  while (id.size() < 32) id += fmt::format("{:08x}", random());
  return id;
}

Result<PlanningGround> planning_ground(const Invocation& invocation, const std::vector<std::string>& words) {
  auto wishes = read_wishes(invocation.options);
  if (!wishes) return fail(wishes.error());
  auto server = one_server(invocation, words);
  if (!server) return fail(server.error());
  auto policy = good_policy(invocation);
  if (!policy) return fail(policy.error());
  auto& wanted = policy->reading.policy;
  const auto hash = hash_bytes(plan::policy_text(wanted));
  auto preset = plan::preset(invocation.options.preset, wanted);
  if (!preset) return fail(preset.error());
  if (invocation.options.requeue) wanted.celery.requeue = true;
  for (auto& bull : wanted.bull)
    bull.release_parents = bull.release_parents || invocation.options.release_parents;
  auto state = act::StateFolder::open(invocation.options.state, invocation.environment);
  if (!state) return fail(state.error());
  auto options = invocation.options;
  options.policy = policy->file;
  return PlanningGround{std::move(*server), std::move(*policy), hash, std::move(*preset), std::move(options),
                        std::move(*state),  std::move(*wishes)};
}

Result<MadePlan> make_plan(const PlanningGround& ground, const std::string& file) {
  const auto& policy = ground.policy.reading.policy;
  auto scan_pace = pace_of(ground.wishes);
  const auto known = Families::load(ground.options);
  if (!known) return fail(known.error());
  const auto start = look(ground.session);
  if (!start) return fail(start.error());
  if (start->server.role != "master") return fail(not_a_master(start->server));
  if (ground.wishes.until && start->server.maxmemory.count == 0) return fail(UntilPace::no_maxmemory());
  const auto secret = ground.state.secret();
  if (!secret) return fail(secret.error());
  auto writer = act::PlanWriter::create(file);
  if (!writer) return fail(writer.error());

  const auto source = plan_source(ground.session, ground.options, start->time);
  if (!source) return fail(source.error());
  if (source->copy) scan_pace = source::fast();
  family::RootFinder finder(known->all());
  const auto survey = survey_source(*source, ground.session, known->all(), ground.options, finder, scan_pace);
  if (!survey) return fail(survey.error());
  const auto roots = finder.finish();
  StepGate gate({policy, *survey, ground.options.only, start->time}, *writer);
  const PlanRequest request{source->copy ? source->copy->session() : ground.session,
                            *survey,
                            roots,
                            known->all(),
                            policy,
                            ground.options,
                            start->time,
                            scan_pace,
                            ground.state.path(),
                            source->read};
  if (const auto done = let_them_plan(request, ground.preset, gate); !done) return fail(done.error());

  const auto end = look(ground.session);
  if (!end) return fail(end.error());
  if (const auto other = act::differs(start->server, end->server); !other.empty())
    return fail({"the server is not the one that was looked at: " + other, end->server.address,
                 "make the plan again", Exit::partial});
  MadePlan made;
  made.header = begun(ground, source->name, *start, *end);
  gate.tell(made.header, policy.pace.duty);
  made.header.steps = writer->steps();
  made.complete = survey->scan.complete;
  if (const auto judged = judge(ground, made); !judged) return fail(judged.error());
  made.notes = plan::warnings(made.header, policy.pace.expiries_per_second);
  made.notes.insert(made.notes.begin(), source->notes.begin(), source->notes.end());
  if (!made.over.empty()) return made;
  if (const auto sealed = writer->finish(made.header, *secret); !sealed) return fail(sealed.error());
  made.file = file;
  return made;
}

}  // namespace headroom::app
