#include "act/execute/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "act/execute/judgement.h"
#include "act/execute/settle.h"
#include "wire/reactions.h"

namespace headroom::act {

using std::chrono::steady_clock;
using wire::Reaction;

namespace {

constexpr std::uint16_t most_tries = 8;

}  // namespace

Run::Run(const ApplyTarget& target, const NextStep& next, std::uint64_t first, const PlanHeader& plan,
         JournalWriter& journal, Pace& pace, const ApplyOptions& options, const OnApplyProgress& progress)
    : target_(target),
      plan_(plan),
      journal_(journal),
      pace_(pace),
      options_(options),
      progress_(progress),
      traits_(traits_of(target.server)),
      reading_{traits_, options.largest_dump, options.fence_key, options.fence_token, &clock_},
      means_{options.scripts, options.watch},
      grouping_(next, first, options, traits_),
      tally_(plan, target.address) {
  lanes_.reserve(std::max<std::size_t>(1, options.lanes));
  while (lanes_.size() < std::max<std::size_t>(1, options.lanes)) lanes_.emplace_back(target_, clock_);
}

Result<RunReport> Run::go() {
  const auto began = steady_clock::now();
  if (auto ready = begin(); !ready) return fail(ready.error());
  std::optional<Group> written;
  for (bool more = true; written || (more && !stopped());) {
    const auto went_on = go_on(written);
    if (!went_on) return fail(went_on.error());
    more = *went_on;
  }
  auto report = end();
  if (report)
    report->took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  return report;
}

/// A connection that is cut here says as little of the server as one that is cut later: it is opened again.
Result<bool> Run::begin() {
  for (int tries = 1;; ++tries) {
    auto begun = lanes_[0].open();
    if (begun) begun = find_means();
    if (begun || begun.error().exit != Exit::unreachable || tries == most_tries) return begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * tries));
  }
}

/// What the preflight found may have changed since; a run that cannot work is refused before it begins.
Result<bool> Run::find_means() {
  auto& link = lanes_[0].link();
  const auto allows = [](const std::string& refusal) {
    const auto reaction = wire::reaction_to(refusal).reaction;
    return refusal.empty() || (reaction != Reaction::fatal && reaction != Reaction::feature_missing);
  };
  const auto taught = means_.scripts ? teach_script(link) : Trouble{};
  std::string no_watch;
  Pipeline pipeline(link);
  pipeline.ask({"WATCH", "headroom:probe"}, [&](const wire::Reply& reply) {
    if (reply.is_error()) no_watch = reply.text;
  });
  pipeline.ask({"UNWATCH"}, [](const wire::Reply&) {});
  const auto asked = pipeline.run();
  for (const auto& trouble : {taught, asked}) {
    if (trouble.kind == Trouble::Kind::lost) return fail({trouble.text, target_.address, "try again"});
  }
  means_.scripts = means_.scripts && allows(taught.text);
  means_.watch = means_.watch && allows(no_watch);
  if (!means_.scripts && !means_.watch) {
    return fail(
        {"this server lets us use neither scripts nor WATCH: nothing can be checked and changed in one turn",
         target_.address, "grant +eval +evalsha, or +watch +multi +exec", Exit::refused});
  }
  return true;
}

bool Run::permitted() {
  if (stopped()) return false;
  const auto go = pace_.permit();
  if (!go) {
    stop(go.error().what);
  } else if (*go == Pace::Go::stop) {
    stop(pace_.why_stopped());
  }
  return !stopped();
}

/// Because of one step that the server will not have: each goes alone.
void Run::part(const std::vector<Job*>& jobs, const std::string& refusal) {
  for (auto* job : jobs) job->alone = true;
  if (jobs.size() > 1) return;
  jobs.front()->outcome = StepOutcome::failed;
  jobs.front()->reason = refusal;
}

/// Judges what was read. False: `trouble` says why it is to be read again.
bool Run::refusals(Batch& batch, Trouble& trouble) {
  if (!batch.refused.empty()) {
    if (wire::reaction_to(batch.refused).reaction == Reaction::skip_key) {
      part(batch.open_jobs(), batch.refused);
      return true;
    }
    trouble = {Trouble::Kind::refused, batch.refused};
    return false;
  }
  for (auto& job : batch.jobs) {
    if (job.outcome) continue;
    if (job.refused.empty()) {
      judge(job, traits_, plan_.id);
    } else if (wire::reaction_to(job.refused).reaction == Reaction::skip_key) {
      job.outcome = StepOutcome::failed;
      job.reason = job.refused;
    } else {
      trouble = {Trouble::Kind::refused, job.refused};
      return false;
    }
  }
  return true;
}

void Run::write_down(Batch& batch) {
  if (!batch.refused.empty()) return;
  for (auto& job : batch.jobs) {
    if (job.outcome) continue;
    journal_.add(job.record);
  }
}

bool Run::take(Turn& turn, Made made) {
  const Batch& batch = *turn.batch;
  Lane& lane = *turn.lane;
  const auto& jobs = turn.jobs;
  Trouble trouble;
  switch (made.end) {
    case Made::End::made:
      trouble_since_.reset();
      for (std::size_t i = 0; i < jobs.size(); ++i) take_result(*jobs[i], made.results[i], trouble);
      return !trouble || recover(lane, trouble);
    case Made::End::lost:
      for (auto* job : jobs) job->lost = true;
      if (!reconnect(lane, made.text)) return false;
      trouble = lane.outlive(turn.deadline);
      return !trouble || recover(lane, trouble);
    case Made::End::refused:
      return recover(lane, {Trouble::Kind::refused, made.text});
    case Made::End::aborted:
      for (auto* job : jobs) {
        job->compare = means_.scripts;
        try_again(*job, "its key was changed each time it was looked at");
      }
      return true;
    case Made::End::late:
      for (auto* job : jobs) try_again(*job, "the server was too slow each time");
      return true;
    case Made::End::fenced:
      stop("the lease was taken over by another run");
      return false;
    case Made::End::forgotten:
      if ((trouble = teach_script(lane.link()))) return recover(lane, trouble);
      return true;
    case Made::End::no_memory:
      if (batch.way == Way::plain) return recover(lane, {Trouble::Kind::refused, made.text});
      if (means_.watch)
        notes_.emplace_back("the server is at maxmemory: values were compared by script instead of WATCH");
      means_.watch = false;
      return true;
  }
  return true;
}

/// Of one step that the server answered for.
bool Run::take_result(Job& job, const ScriptResult& result, Trouble& trouble) {
  using Kind = ScriptResult::Kind;
  switch (result.kind) {
    case Kind::done:
      job.outcome = StepOutcome::removed;
      job.keys_changed = static_cast<std::uint64_t>(result.keys);
      return true;
    case Kind::changed:
      job.outcome = job.lost ? StepOutcome::unknown : StepOutcome::changed;
      return true;
    case Kind::gone:
      job.outcome = StepOutcome::gone;
      return true;
    case Kind::stale:
      try_again(job, "its key was changed each time it was looked at");
      return true;
    case Kind::refused:
      break;
  }
  const auto reaction = wire::reaction_to(result.text).reaction;
  if (reaction == Reaction::wait_and_retry || reaction == Reaction::pause) {
    trouble = {Trouble::Kind::refused, result.text};
    return true;
  }
  job.outcome = StepOutcome::failed;
  job.reason = result.text;
  if (reaction != Reaction::skip_key) trouble = {Trouble::Kind::refused, result.text};
  return true;
}

/// Left without an outcome, it goes back to the steps that wait; after many tries it counts as changed.
void Run::try_again(Job& job, std::string_view why) {
  ++job.tries;
  busiest_ = std::max(busiest_, job.tries);
  if (job.tries < most_tries) return;
  job.outcome = job.lost ? StepOutcome::unknown : StepOutcome::changed;
  job.reason = why;
}

/// Outcomes into the journal and the report; the rest goes back.
void Run::finish(std::vector<Batch>& batches) {
  for (auto& batch : batches) {
    for (auto& job : batch.jobs) {
      if (!job.outcome) {
        grouping_.again(std::move(job));
        continue;
      }
      tally_.count(job);
      journal_.add(JournalOutcome{job.number, *job.outcome});
    }
  }
  if (progress_) progress_({tally_.ended(), plan_.steps, {}});
}

Result<RunReport> Run::end() {
  const auto drained = grouping_.drain(
      [this](Job& job) {
        tally_.count(job);
        journal_.add(JournalOutcome{job.number, job.lost ? StepOutcome::unknown : StepOutcome::pending});
      },
      [this](const Step& step) { tally_.count_pending(step); });
  if (!drained) return fail(drained.error());
  if (auto synced = journal_.sync(); !synced) return fail(synced.error());
  auto report = tally_.report();
  report.complete = !stopped();
  report.stopped_by = stopped_by_;
  report.batches = batches_;
  report.journal_bytes.count = journal_.bytes();
  report.waits = pace_.waits();
  report.notes.insert(report.notes.end(), notes_.begin(), notes_.end());
  return report;
}

}  // namespace headroom::act
