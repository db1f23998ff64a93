#include "app/server_survey.h"

#include <fmt/format.h>

#include "app/live_survey.h"
#include "app/snapshot_start.h"
#include "app/snapshot_survey.h"
#include "facts/server_facts.h"
#include "source/replica_snapshot.h"

namespace headroom::app {
namespace {

/// From here on a scan would take seconds of the server's time, and a replica's snapshot takes none of it.
constexpr std::uint64_t keys_for_snapshot = 1'000'000;

/// Whether --source auto looks for a snapshot at all: asked first, because looking for a replica takes time.
bool may_be_worth_it(const Session& session) {
  const auto link = session.open();
  if (!link) return false;
  const auto risk = source::assess(**link);
  using enum source::SnapshotRisk::Role;
  return risk && risk->keys >= keys_for_snapshot && (risk->role == replica || !risk->replicas.empty());
}

bool is_harmless(const source::SnapshotPlan& plan) {
  const bool spares_the_master = !plan.from_target || plan.risk.role == source::SnapshotRisk::Role::replica;
  return spares_the_master && !source::danger(plan.risk, plan.source.redacted());
}

/// The facts of the server that makes the snapshot: its memory, its allocator.
Result<ServerFacts> facts_of(const Session& session, const source::SnapshotPlan& plan) {
  auto link = plan.from_target ? session.open() : Session(plan.source, "audit").open();
  if (!link) return fail(link.error());
  return facts::gather(**link, plan.source.redacted(), facts::Before::snapshot);
}

Result<Survey> scan_instead(const Session& session, std::span<const family::Family> families,
                            const Options& options, std::string_view why) {
  auto survey = survey_live(session, families, options);
  if (survey) survey->notes.push_back(fmt::format("Scanned, because no snapshot could be had: {}.", why));
  return survey;
}

/// The snapshot that is about to come, read along by `companion` where there is one.
Result<Survey> survey_coming(const Session& session, const source::SnapshotPlan& plan, ServerFacts facts,
                             source::Snapshot snapshot, std::span<const family::Family> families,
                             const Options& options, SnapshotCompanion* companion = nullptr) {
  SnapshotTarget target;
  target.name = plan.source.redacted(), target.source = "snapshot";
  target.open = [&]() -> Result<std::unique_ptr<source::rdb::Input>> { return std::move(snapshot.input); };
  target.server = std::move(facts);
  auto survey = survey_snapshot(target, families, options, companion);
  if (survey && !plan.from_target)
    survey->notes.push_back(fmt::format("The snapshot is that of a replica of {}.", session.address()));
  return survey;
}

Result<Survey> by_snapshot(const Session& session, const source::SnapshotPlan& plan,
                           std::span<const family::Family> families, const Options& options) {
  auto facts = facts_of(session, plan);
  if (!facts) return fail(facts.error());
  announce(plan, options);
  auto snapshot = source::open_snapshot(plan, snapshot_options(options));
  if (!snapshot) return fail(snapshot.error());
  if (!snapshot->input) return scan_instead(session, families, options, snapshot->refusal.error.what);
  return survey_coming(session, plan, std::move(*facts), std::move(*snapshot), families, options);
}

}  // namespace

Result<Survey> survey_server(const Session& session, std::span<const family::Family> families,
                             const Options& options) {
  const bool automatic = options.source == "auto";
  if (options.source == "scan" || (automatic && !may_be_worth_it(session)))
    return survey_live(session, families, options);
  const auto plan = source::plan_snapshot(session.endpoint(), snapshot_options(options));
  if (automatic && (!plan || !is_harmless(*plan))) return survey_live(session, families, options);
  if (!plan) return fail(plan.error());
  return by_snapshot(session, *plan, families, options);
}

Result<Survey> survey_server_snapshot(const Session& session, std::span<const family::Family> families,
                                      const Options& options, std::string_view command,
                                      SnapshotCompanion& companion) {
  const auto how = snapshot_options(options, command);
  const auto plan = source::plan_snapshot(session.endpoint(), how);
  if (!plan) return fail(plan.error());
  auto facts = facts_of(session, *plan);
  if (!facts) return fail(facts.error());
  announce(*plan, options);
  auto snapshot = source::open_snapshot(*plan, how);
  if (!snapshot) return fail(snapshot.error());
  if (!snapshot->input) return fail(snapshot->refusal.error);
  return survey_coming(session, *plan, std::move(*facts), std::move(*snapshot), families, options,
                       &companion);
}

}  // namespace headroom::app
