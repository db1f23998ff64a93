#include <algorithm>

#include "app/name_scan.h"
#include "app/planner.h"
#include "plan/celery/results.h"
#include "plan/untouchable.h"
#include "source/celery/results.h"
#include "source/pipelined.h"

namespace headroom::app {
namespace {

// Three round trips for all of a batch; of 512 small results the values are some 150 KiB in one reply. As
// many as the scan has just named: what it has fetched into the server's cache is looked at while it is
// there.
std::size_t names_per_batch(const PlanRequest& request) { return request.options.fast ? 512 : 200; }

plan::celery::StoredResult as_read(std::uint32_t db, const source::celery::ReadResult& read) {
  return {db, read.key, read.value, read.too_large, read.idle, read.bytes};
}

/// Reads batches of names and hands each result to the rules. `server`: who knows who waits for one.
class ResultPlanner {
 public:
  ResultPlanner(wire::Link& link, wire::Link& server, plan::celery::ResultRules& rules)
      : link_(link), server_(server), rules_(rules) {}

  Result<bool> plan(std::uint32_t db, std::span<const std::string> names) {
    if (const auto done = source::select(link_, db); !done) return done;
    std::vector<std::string> results, groups;
    for (const auto& name : names)
      (plan::celery::result_prefix(name) != std::string_view::npos ? results : groups).push_back(name);
    if (const auto done = plan_results(db, results); !done) return done;
    return plan_groups(db, groups);
  }

 private:
  Result<bool> plan_results(std::uint32_t db, std::span<const std::string> names) {
    const auto read = reader_.read(link_, names);
    if (!read) return fail(read.error());
    bool idle_wanted = false;
    std::vector<std::size_t> ended;
    std::vector<std::string_view> ended_names;
    for (std::size_t i = 0; i < read->size(); ++i) {
      const auto result = as_read(db, (*read)[i]);
      const auto verdict = rules_.judge(result);
      idle_wanted |= verdict.by_idle;
      if (verdict.fate == plan::celery::Fate::remove)
        ended.push_back(i), ended_names.push_back(result.key);
      else if (verdict.fate == plan::celery::Fate::leave)
        rules_.leave(result, verdict.why);
      else if (const auto done = rules_.expire(result); !done)
        return done;
    }
    reader_.idle_was_wanted(idle_wanted);
    const auto waiting = source::celery::awaited(server_, ended_names);
    if (!waiting) return fail(waiting.error());
    for (std::size_t i = 0; i < ended.size(); ++i)
      if (const auto done = rules_.remove(as_read(db, (*read)[ended[i]]), (*waiting)[i]); !done) return done;
    return true;
  }

  Result<bool> plan_groups(std::uint32_t db, std::span<const std::string> names) {
    const auto read = source::celery::read_results(link_, names, false);
    if (!read) return fail(read.error());
    std::vector<std::string_view> found;
    for (const auto& group : *read) found.push_back(group.key);
    const auto in_chord = source::celery::in_chord(link_, found);
    if (!in_chord) return fail(in_chord.error());
    for (std::size_t i = 0; i < read->size(); ++i)
      if (const auto done = rules_.group(as_read(db, (*read)[i]), (*in_chord)[i]); !done) return done;
    return true;
  }

  wire::Link& link_;
  wire::Link& server_;
  plan::celery::ResultRules& rules_;
  source::celery::ResultReader reader_{};
};

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  if (!request.policy.celery.results || !has_family(request.survey, "celery")) return true;
  auto link = request.session.open();
  if (!link) return fail(link.error());
  auto server = request.server().open();
  if (!server) return fail(server.error());
  plan::ExpirySpread spread(request.policy.pace.expiries_per_second, request.now,
                            request.survey.ttl_histogram);
  plan::celery::ResultRules rules(steps, request.policy.celery, spread, request.now,
                                  request.survey.server.maxmemory_policy, request.moment());
  ResultPlanner planner(**link, **server, rules);
  source::NameBatches batches(
      names_per_batch(request),
      [&](std::string_view key) {
        return (plan::celery::result_prefix(key) != std::string_view::npos ||
                plan::celery::group_prefix(key) != std::string_view::npos) &&
               !plan::untouchable(key, request.policy.protect);
      },
      [&](std::uint32_t db, std::span<const std::string> names) { return planner.plan(db, names); });
  if (const auto done = scan_names(request, batches, "celery-results", steps); !done) return done;
  rules.finish();
  return true;
}

}  // namespace

namespace planners {
Planner celery_results() { return {"celery_results", find}; }
}  // namespace planners

}  // namespace headroom::app
