#include "app/plan_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/live_survey.h"
#include "base/text.h"
#include "facts/replication_history.h"
#include "facts/server_facts.h"

namespace headroom::app {
namespace {

/// Whether the server went through the state of the copy; says so where that is not known.
Result<bool> is_of(const Session& server, const source::SnapshotFacts& copy,
                   std::vector<std::string>& notes) {
  auto link = server.open();
  if (!link) return fail(link.error());
  const auto history = facts::replication_history(**link);
  if (!history) return fail(history.error());
  const auto& id = copy.replication_id;
  if (history->went_through(id, copy.replication_offset)) return true;
  const bool same = id == history->id || id == history->earlier_id;
  notes.push_back(fmt::format(
      "{} Every step is proved on the server all the same; of orphaned jobs those are left alone whose queue "
      "has lists too long to be searched in a step.",
      id.empty() ? "The copy has no replication id, so it is not known to be of this server."
      : same ? "The copy holds writes that this server has not got: it was restored to an earlier state, or "
               "has lost them."
             : fmt::format("The copy is of another server, or of another history of this one (replication "
                           "id {}, here {}).",
                           printable(id), printable(history->id))));
  return false;
}

std::string age_note(const Options& options, std::chrono::milliseconds age) {
  return fmt::format(
      "Looked for in {}, written {} before this plan: ages count to that moment, and what has come "
      "since is not in the plan.",
      escape_for_terminal(options.source),
      human_duration(std::chrono::duration_cast<std::chrono::seconds>(age)));
}

}  // namespace

Result<PlanSource> plan_source(const Session& server, const Options& options, std::chrono::milliseconds now) {
  PlanSource source;
  if (options.source == "auto" || options.source == "scan") return source;
  const bool snapshot = options.source == "snapshot";
  source.name = snapshot ? "snapshot" : "rdb";
  auto copy = snapshot ? FrozenCopy::of_snapshot(server, options)
                       : FrozenCopy::of_file(options.source, server, options);
  if (!copy) return fail(copy.error());
  const auto& facts = copy->facts();
  const auto moment = std::min(copy->written(), now);
  if (!snapshot) source.notes.push_back(age_note(options, now - moment));
  if (facts.append_only_base)
    source.notes.emplace_back(
        "The file is the beginning of an append-only file: the commands that follow it were not read.");
  const auto known = is_of(server, facts, source.notes);
  if (!known) return fail(known.error());
  source.read.emplace(CopyRead{server, moment, *known});
  source.copy = std::move(*copy);
  return source;
}

Result<Survey> survey_source(const PlanSource& source, const Session& server,
                             std::span<const family::Family> families, const Options& options,
                             family::RootFinder& roots, source::Pace pace) {
  if (!source.copy) return survey_live(server, families, options, &roots, pace);
  auto link = server.open();
  if (!link) return fail(link.error());
  auto facts = facts::gather(**link, server.address());
  if (!facts) return fail(facts.error());
  auto survey = survey_live(source.copy->session(), families, options, &roots, pace);
  if (survey) survey->server = std::move(*facts), survey->source = source.name;
  return survey;
}

}  // namespace headroom::app
