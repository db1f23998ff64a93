#include "app/applying.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "act/identity.h"
#include "act/preflight.h"
#include "app/earlier_part.h"
#include "app/policy_file.h"
#include "app/rehearsal.h"
#include "app/run_history.h"
#include "base/hash.h"
#include "base/text.h"
#include "facts/server_time.h"

namespace headroom::app {
namespace {

namespace fs = std::filesystem;

Error refused(std::string what, std::string where, std::string remedy) {
  return {std::move(what), std::move(where), std::move(remedy), Exit::refused};
}

/// A plan of the same server, for a reason.
std::string anew(const RunGround& ground, std::string_view why = {}) {
  return ground.line("plan", {}) + (why.empty() ? std::string() : fmt::format("  # {}", why));
}

/// What the file alone tells.
Result<bool> judge_plan(const PlanHeader& plan, const RunGround& ground, const std::string& file) {
  if (plan.tool != HEADROOM_VERSION)
    return fail(refused(
        fmt::format("this plan is of headroom {}, and this is {}", printable(plan.tool), HEADROOM_VERSION),
        file, anew(ground, "it may decide otherwise now")));
  if (plan.over_limit && !plan.phrase_given)
    return fail(
        refused("this plan is over the limits", file, anew(ground, "it says which phrase allows it")));
  return true;
}

/// What the server tells. A run that goes on was begun in time.
Result<bool> judge_server(const PlanHeader& plan, const RunGround& ground, const ServerNow& now,
                          const std::string& file, bool goes_on) {
  const auto& server = now.server;
  if (server.role != "master")
    return fail(refused(fmt::format("this server is a {}, and plans are for masters", printable(server.role)),
                        server.address, "name its master, and make a plan of it"));
  if (const auto other = act::differs(plan.server, server); !other.empty())
    return fail(refused("this is not the server that the plan was made for: " + other, server.address,
                        anew(ground, "keys may have changed with the server")));
  if (!goes_on && now.time > plan.expires)
    return fail(refused(
        fmt::format("this plan was good until {}, by the server's clock", human_instant(plan.expires)), file,
        anew(ground)));
  return true;
}

/// One pass over the steps: what they need, and whether they are of the database that was asked for.
Result<act::Needs> needs_of(act::PlanReader& plan, const Options& options) {
  act::Needs needs;
  Step step;
  while (true) {
    const auto more = plan.next(step);
    if (!more) return fail(more.error());
    if (!*more) break;
    if (!options.db.empty() && options.db != std::to_string(step.db))
      return fail(refused(
          fmt::format("this plan changes database {}, and -n says {}", step.db, printable(options.db)), "-n",
          "leave -n out: a plan knows its databases"));
    needs.add(step);
  }
  if (const auto again = plan.rewind(); !again) return fail(again.error());
  return needs;
}

struct Earlier {
  bool goes_on = false;  ///< there is a journal
};
Result<Earlier> earlier_run(const RunGround& ground, const std::string& id, const std::string& file) {
  const auto& state = ground.state;
  std::error_code error;
  if (!fs::exists(state.run(id) + "/journal", error)) return Earlier{};
  const auto run = find_run(state, id, ground.options);
  if (!run) return fail(run.error());
  if (run->report && run->report->complete)
    return fail(refused("this plan was applied already; it can be applied once", file,
                        anew(ground, "or take it back: " + ground.line("undo", {id.substr(0, 8)}))));
  return Earlier{true};
}

Result<act::JournalWriter> journal_of(const RunGround& ground, const PlanHeader& plan, const ServerNow& now,
                                      std::uint32_t rdb_version, bool goes_on) {
  const auto folder = ground.state.run(plan.id);
  if (goes_on) return act::JournalWriter::resume(folder, ground.secret);
  act::JournalStart start;
  start.run = plan.id, start.kind = "apply", start.address = now.server.address;
  start.run_id = now.server.run_id, start.replid = now.server.replid;
  start.rdb_version = rdb_version, start.time = now.time, start.rules = plan.rules;
  return act::JournalWriter::create(folder, ground.secret, start);
}

/// Keeps the applied file beside its journal, and remembers what will lie in quarantine.
Result<bool> keep_plan(const RunGround& ground, const PlanHeader& plan, const std::string& file) {
  const auto kept = ground.state.run(plan.id) + "/plan";
  std::error_code error;
  if (!fs::exists(kept, error)) {
    fs::copy_file(file, kept, error);
    if (error)
      return fail({"the plan cannot be kept beside its journal: " + error.message(), kept,
                   "make room on the disk of the state folder, or choose another with --state DIR",
                   Exit::partial});
  }
  const auto quarantines = [](const PlanRule& rule) { return rule.removal == Removal::quarantine; };
  if (std::any_of(plan.rules.begin(), plan.rules.end(), quarantines))
    return mark_quarantine(ground.state, plan.id);
  return true;
}

/// The steps that have no end yet, in stretches: an interrupted run may have left holes.
class Stretches {
 public:
  Stretches(act::PlanReader& plan, const EarlierPart& earlier) : plan_(plan), earlier_(earlier) {}

  /// Passes over what has ended, into the report. False: that was the last.
  Result<bool> begin(RunReport& report) {
    while (number_ < plan_.header().steps && earlier_.ended(number_))
      if (auto passed = pass(report); !passed) return passed;
    return number_ < plan_.header().steps;
  }
  Result<bool> next(Step& step) {
    if (number_ >= plan_.header().steps || earlier_.ended(number_)) return false;
    ++number_;
    return plan_.next(step);
  }
  /// Counts the rest.
  Result<bool> end(RunReport& report) {
    while (number_ < plan_.header().steps)
      if (auto passed = pass(report); !passed) return passed;
    return true;
  }
  std::uint64_t number() const { return number_; }

 private:
  Result<bool> pass(RunReport& report) {
    const auto more = plan_.next(step_);
    if (!more) return fail(more.error());
    earlier_.count(number_++, step_, report);
    return true;
  }
  act::PlanReader& plan_;
  const EarlierPart& earlier_;
  Step step_{};
  std::uint64_t number_ = 0;
};

RunReport empty_report(const PlanHeader& plan, const std::string& address) {
  RunReport report;
  report.run = plan.id, report.kind = "apply", report.target = address, report.complete = true;
  for (const auto& rule : plan.rules) {
    auto& mine = report.rules.emplace_back();
    mine.name = rule.name, mine.owner = rule.owner, mine.why = rule.why;
  }
  return report;
}

Result<RunReport> make_steps(act::PlanReader& plan, const EarlierPart& earlier, act::JournalWriter& journal,
                             RunMeans& means, const act::ApplyOptions& options) {
  auto report = empty_report(plan.header(), means.target.address);
  Stretches steps(plan, earlier);
  while (report.complete) {
    const auto more = steps.begin(report);
    if (!more) return fail(more.error());
    if (!*more) break;
    const auto part = act::execute(
        means.target, [&](Step& step) { return steps.next(step); }, steps.number(), plan.header(), journal,
        *means.pace, options, [&](const act::ApplyProgress& progress) { means.status->steps(progress); });
    if (!part) return fail(part.error());
    add_part(report, *part);
  }
  if (const auto counted = steps.end(report); !counted) return fail(counted.error());
  return report;
}

std::string undo_note(const RunGround& ground, const std::string& id) {
  const auto& policy = ground.policy.journal;
  const auto kept = policy.keep ? fmt::format("for {}", human_duration(*policy.keep))
                                : std::string("until it is forgotten");
  return fmt::format("This can be undone {}{}: {}", kept,
                     policy.keep_bytes ? fmt::format(", as long as all journals are within {}",
                                                     human_bytes(*policy.keep_bytes))
                                       : std::string(),
                     ground.line("undo", {id.substr(0, 8)}));
}

Result<act::Preflight> look_before(const RunGround& ground, const act::Needs& needs) {
  auto link = ground.session.open();
  if (!link) return fail(link.error());
  return act::preflight(**link, ground.session.address(), needs);
}

/// In the middle of the work: the disk of the journal is full, the server is gone.
Error stopped(Error error, const RunGround& ground, const std::string& id) {
  error.what = fmt::format("run {} stopped: {}", id.substr(0, 8), error.what);
  error.remedy = fmt::format("{}  # goes on; first: {}. What was done is in the journal: {}",
                             ground.line("apply", {ground.state.run(id) + "/plan"}), error.remedy,
                             ground.line("undo", {id.substr(0, 8)}));
  return error;
}

act::ApplyOptions apply_options(const RunGround& ground, const act::Preflight& means,
                                const act::Lease& lease) {
  act::ApplyOptions options;
  options.wait_replicas = ground.policy.pace.wait_replicas;
  options.scripts = means.scripts, options.watch = means.watch;
  options.fence_key = lease.key, options.fence_token = lease.token;
  return options;
}

/// From the moment on when nothing stands in the way.
Result<RunReport> run_plan(const RunGround& ground, act::PlanReader& plan, const ServerNow& before,
                           const act::Preflight& allowed, bool goes_on, const std::string& file) {
  const auto& header = plan.header();
  auto means = run_means(ground, header.id, before.server);
  if (!means) return fail(means.error());
  auto journal = journal_of(ground, header, before, allowed.rdb_version, goes_on);
  if (!journal) return fail(journal.error());
  if (const auto kept = keep_plan(ground, header, file); !kept) return fail(kept.error());
  auto dropped = drop_old_runs(ground.state, ground.policy.journal, header.id);
  EarlierPart earlier;
  if (goes_on) {
    const auto folder = ground.state.run(header.id);
    if (const auto settled = act::settle_unknown(means->target, folder, ground.secret, *journal); !settled)
      return fail(settled.error());
    auto read = EarlierPart::read(folder, ground.secret);
    if (!read) return fail(read.error());
    earlier = std::move(*read);
  }
  const auto start = std::chrono::steady_clock::now();
  auto report =
      make_steps(plan, earlier, *journal, *means, apply_options(ground, allowed, means->lease->lease()));
  if (!report) return fail(stopped(report.error(), ground, header.id));
  report->took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  report->keys_before = before.server.keys, report->used_memory_before = before.server.used_memory;
  report->notes.insert(report->notes.end(), means->notes->begin(), means->notes->end());
  report->notes.insert(report->notes.end(), allowed.notes.begin(), allowed.notes.end());
  report->notes.insert(report->notes.end(), dropped.begin(), dropped.end());
  return report;
}

void finish(const RunGround& ground, RunReport& report) {
  if (const auto after = server_now(ground.session)) {
    report.keys_after = after->server.keys, report.used_memory_after = after->server.used_memory;
    report.ended = after->time;
  }
  if (report.removed != 0) report.notes.push_back(undo_note(ground, report.run));
  if (!report.complete)
    report.notes.push_back("To go on: " + ground.line("apply", {ground.state.run(report.run) + "/plan"}));
  keep_report(ground.state, report);
}

}  // namespace

Result<RunReport> apply_plan(const RunGround& ground, const std::string& file) {
  auto plan = act::PlanReader::open(file, ground.secret);
  if (!plan) return fail(plan.error());
  const auto& header = plan->header();
  if (const auto good = judge_plan(header, ground, file); !good) return fail(good.error());
  const auto earlier = earlier_run(ground, header.id, file);
  if (!earlier) return fail(earlier.error());
  const auto before = server_now(ground.session);
  if (!before) return fail(before.error());
  if (const auto good = judge_server(header, ground, *before, file, earlier->goes_on); !good)
    return fail(good.error());
  const auto needs = needs_of(*plan, ground.options);
  if (!needs) return fail(needs.error());
  const auto allowed = look_before(ground, *needs);
  if (!allowed) return fail(allowed.error());
  auto report = run_plan(ground, *plan, *before, *allowed, earlier->goes_on, file);
  if (!report) return report;
  finish(ground, *report);
  return report;
}

Result<RunReport> rehearse_plan(const RunGround& ground, const std::string& file) {
  auto plan = act::PlanReader::open(file, ground.secret);
  if (!plan) return fail(plan.error());
  if (const auto good = judge_plan(plan->header(), ground, file); !good) return fail(good.error());
  auto link = ground.session.open();
  if (!link) return fail(link.error());
  const auto server = act::identify(**link, ground.session.address());
  if (!server) return fail(server.error());
  const auto time = facts::server_time(**link);
  if (!time) return fail(time.error());
  if (const auto good = judge_server(plan->header(), ground, {*server, *time}, file, false); !good)
    return fail(good.error());
  auto report = empty_report(plan->header(), ground.session.address());
  report.kind = "dry-run", report.dry_run_of = "apply";
  if (const auto done = rehearse(**link, *plan, report); !done) return fail(done.error());
  return report;
}

Result<RunGround> apply_ground(const Invocation& invocation, const std::string& file,
                               const std::string& target) {
  auto wishes = read_wishes(invocation.options);
  if (!wishes) return fail(wishes.error());
  auto state = act::StateFolder::open(invocation.options.state, invocation.environment);
  if (!state) return fail(state.error());
  if (const auto writable = state->writable(); !invocation.options.dry_run && !writable)
    return fail(writable.error());
  auto secret = state->secret();
  if (!secret) return fail(secret.error());
  const auto plan = act::PlanReader::open(file, *secret);
  if (!plan) return fail(plan.error());
  const auto in_force = good_policy(invocation);
  if (!in_force) return fail(in_force.error());
  const auto& header = plan->header();
  auto planned = plan::read_policy(header.policy, "the plan's policy", {}).policy;
  auto place = target_of(invocation, target, header.server.address);
  if (!place) return fail(place.error());
  auto server = session(invocation, *place);
  if (!server) return fail(server.error());
  RunGround ground{std::move(*server), std::move(*state),  std::move(*secret), std::move(planned),
                   invocation.options, std::move(*wishes), std::move(*place)};
  // Without a file there is nothing that the plan's own rules could differ from.
  if (!in_force->file.empty() &&
      hash_bytes(plan::policy_text(in_force->reading.policy)) != header.policy_hash)
    return fail(refused("the policy has changed since this plan was made", in_force->file, anew(ground)));
  return ground;
}

}  // namespace headroom::app
