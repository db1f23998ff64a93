#include "app/undoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "act/preflight.h"
#include "act/undo.h"
#include "app/policy_file.h"
#include "base/glob.h"
#include "base/text.h"

namespace headroom::app {
namespace {

struct Beginning final : act::JournalVisitor {
  void start(const act::JournalStart& begun) override {
    if (first.run.empty()) first = begun;
  }
  act::JournalStart first{};
};

struct Asking final : act::JournalVisitor {
  void step(const act::JournalStep& step) override {
    for (const auto& before : step.before) needs.add(before.kind);
    if (!step.keys.empty()) needs.add_key(step.keys[0]);
  }
  act::Needs needs{act::Needs::Purpose::undo};
};

bool same_server(const act::JournalStart& start, const PlanServer& server) {
  return start.run_id == server.run_id || start.replid == server.replid || start.address == server.address;
}

Result<ServerNow> judged_server(const Session& session, const act::JournalStart& start, bool force) {
  auto now = server_now(session);
  if (!now) return now;
  if (now->server.role != "master")
    return fail(
        {fmt::format("this server is a {}, and only masters can be changed", printable(now->server.role)),
         now->server.address, "name its master", Exit::refused});
  if (!force && !same_server(start, now->server))
    return fail({fmt::format("the run was on {}, and this is another server", printable(start.address)),
                 now->server.address, "name that one as TARGET, or --force if its data is here now",
                 Exit::refused});
  return now;
}

act::UndoOptions undo_options(const UndoGround& about) {
  const auto& options = about.ground.options;
  act::UndoOptions out;
  out.force = options.force;
  const auto& rules = about.journal.start.rules;
  const bool some = !options.only.empty() || !options.family.empty();
  for (std::size_t i = 0; some && i < rules.size(); ++i) {
    const bool named = options.only.empty() ||
                       std::any_of(options.only.begin(), options.only.end(), [&](const std::string& pattern) {
                         return glob_matches(pattern, rules[i].name);
                       });
    const bool of_family = options.family.empty() || options.family == rules[i].family;
    if (named && of_family) out.only.rules.push_back(static_cast<std::uint16_t>(i));
  }
  if (some && out.only.rules.empty()) out.only.rules.push_back(UINT16_MAX);  // no rule has this number
  if (!options.pattern.empty())
    out.only.key = [pattern = options.pattern](std::string_view key) { return glob_matches(pattern, key); };
  return out;
}

bool takes_all(const act::UndoOptions& options) { return options.only.rules.empty() && !options.only.key; }

/// Adds what the caller of act knows, and keeps the report.
RunReport finished(const UndoGround& about, RunReport report, std::string_view kind,
                   std::chrono::steady_clock::time_point start, const RunMeans& means) {
  report.run = about.run.id, report.kind = kind, report.target = about.ground.session.address();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  report.keys_before = about.before.server.keys, report.used_memory_before = about.before.server.used_memory;
  if (const auto after = server_now(about.ground.session)) {
    report.keys_after = after->server.keys, report.used_memory_after = after->server.used_memory;
    report.ended = after->time;
  }
  report.notes.insert(report.notes.end(), means.notes->begin(), means.notes->end());
  keep_report(about.ground.state, report);
  return report;
}

}  // namespace

Result<JournalSummary> summary_of(const act::StateFolder& state, const std::string& run,
                                  const std::string& secret) {
  Beginning beginning;
  const auto health = act::read_journal(state.run(run), secret, beginning);
  if (!health) return fail(health.error());
  return JournalSummary{std::move(beginning.first), *health};
}

Result<UndoGround> undo_ground(const Invocation& invocation, const std::string& words,
                               const std::string& target) {
  auto wishes = read_wishes(invocation.options);
  if (!wishes) return fail(wishes.error());
  auto state = act::StateFolder::open(invocation.options.state, invocation.environment);
  if (!state) return fail(state.error());
  if (const auto writable = state->writable(); !invocation.options.dry_run && !writable)
    return fail(writable.error());
  auto secret = state->secret();
  if (!secret) return fail(secret.error());
  auto run = find_run(*state, words, invocation.options);
  if (!run) return fail(run.error());
  auto journal = summary_of(*state, run->id, *secret);
  if (!journal) return fail(journal.error());
  auto policy = good_policy(invocation);
  if (!policy) return fail(policy.error());
  auto place = target_of(invocation, target, journal->start.address);
  if (!place) return fail(place.error());
  auto server = session(invocation, *place);
  if (!server) return fail(server.error());
  auto before = judged_server(*server, journal->start, invocation.options.force);
  if (!before) return fail(before.error());
  return UndoGround{{std::move(*server), std::move(*state), std::move(*secret), policy->reading.policy,
                     invocation.options, std::move(*wishes), std::move(*place)},
                    std::move(*run),
                    std::move(*journal),
                    std::move(*before)};
}

Result<RunReport> undo_run(const UndoGround& about) {
  const auto& ground = about.ground;
  const auto folder = ground.state.run(about.run.id);
  Asking asking;
  if (const auto read = act::read_journal(folder, ground.secret, asking); !read) return fail(read.error());
  auto link = ground.session.open();
  if (!link) return fail(link.error());
  const auto allowed = act::preflight(**link, ground.session.address(), asking.needs);
  if (!allowed) return fail(allowed.error());
  auto means = run_means(ground, about.run.id, about.before.server);
  if (!means) return fail(means.error());
  auto journal = act::open_undo_journal(about.before.server, about.run.id, folder, ground.secret);
  if (!journal) return fail(journal.error());
  const auto start = std::chrono::steady_clock::now();
  const auto options = undo_options(about);
  auto report = act::undo(means->target, folder, ground.secret, *journal, *means->pace, options);
  if (!report) return report;
  if (report->complete && takes_all(options)) unmark_quarantine(ground.state, about.run.id);
  return finished(about, std::move(*report), "undo", start, *means);
}

Result<RunReport> preview_run(const UndoGround& about) {
  const auto& ground = about.ground;
  const act::ApplyTarget target{[&] { return ground.session.open(); }, ground.session.address(),
                                about.before.server};
  const auto preview =
      act::preview_undo(target, ground.state.run(about.run.id), ground.secret, undo_options(about));
  if (!preview) return fail(preview.error());
  RunReport report;
  report.run = about.run.id, report.kind = "dry-run", report.dry_run_of = "undo",
  report.target = ground.session.address(), report.complete = true;
  report.planned = preview->steps, report.removed = preview->steps - preview->expired,
  report.gone = preview->expired;
  report.rules = preview->rules;
  std::erase_if(report.rules, [](const RunRule& rule) { return rule.planned == 0; });
  report.bytes_freed = {preview->bytes};
  report.keys_before = about.before.server.keys, report.used_memory_before = about.before.server.used_memory;
  report.notes.push_back(
      fmt::format("An undo would bring back {} keys, and needs {} of memory. Nothing was changed.",
                  human_count(preview->keys), human_bytes(Bytes{preview->bytes})));
  if (!preview->fits) report.notes.push_back("It does not fit: " + preview->why_not);
  return report;
}

Result<RunReport> sweep_run(const UndoGround& about) {
  const auto& ground = about.ground;
  auto means = run_means(ground, about.run.id, about.before.server);
  if (!means) return fail(means.error());
  const auto start = std::chrono::steady_clock::now();
  auto report = act::sweep(means->target, ground.state.run(about.run.id), ground.secret, *means->pace);
  if (!report) return report;
  if (report->complete) unmark_quarantine(ground.state, about.run.id);
  return finished(about, std::move(*report), "sweep", start, *means);
}

}  // namespace headroom::app
