#include <algorithm>

#include "act/execute/run.h"
#include "act/execute/settle.h"

// The part of Run that reads batches and changes them, each on its lane. Where no rest is due between
// requests, those of the next batch are sent before the answers of this one are worked on, so that the server
// does not wait for us: still, all of a group is read and journaled before the first of it is changed.
namespace headroom::act {

using std::chrono::steady_clock;

namespace {

std::uint64_t keys_in(const JournalStep& record) {
  return static_cast<std::uint64_t>(
      std::count_if(record.before.begin(), record.before.end(), [](const Before& before) {
        return before.removed || before.kind == ChangeKind::expire_at || before.kind == ChangeKind::persist ||
               before.kind == ChangeKind::quarantine;
      }));
}

}  // namespace

Result<bool> Run::make(std::vector<Batch> batches) {
  busiest_ = 0;
  std::vector<Turn> turns(batches.size());
  for (std::size_t i = 0; i < batches.size(); ++i) turns[i].batch = &batches[i];
  const auto read = read_all(turns);
  if (read > 0) {
    if (auto synced = journal_.sync(); !synced) return fail(synced.error());
  }
  Lane* last = change_all(std::span(turns).first(read));
  finish(batches);
  if (last != nullptr && !stopped() && last->is_open()) replicas_have_it(*last);
  if (busiest_ > 1 && !stopped())
    rest("keys that are being changed",
         std::chrono::milliseconds(2U << std::min<std::uint16_t>(busiest_, 6)));
  return true;
}

/// How many of them: all, or those before the run stopped.
std::size_t Run::read_all(std::vector<Turn>& turns) {
  std::size_t read = 0;
  for (; read < turns.size(); ++read) {
    auto& turn = turns[read];
    if (!give_lane(turn, read)) break;
    if (!turn.observation && needs_reading(*turn.batch) && !permitted()) break;
    if (!turn.observation) (void)ask(turn);  // a trouble is met again by observe()
    if (read + 1 < turns.size() && ahead()) ask_ahead(turns[read + 1], read + 1);
    if (!observe(turn)) break;
    write_down(*turn.batch);
  }
  for (auto& turn : turns)
    if (turn.observation) turn.lane->close();  // answers that nobody waits for are still to come there
  return read;
}

/// A trouble on the way is met again by observe(), when its turn comes.
void Run::ask_ahead(Turn& turn, std::size_t i) {
  if (needs_reading(*turn.batch) && give_lane(turn, i) && permitted()) (void)ask(turn);
}

/// All that was sent is heard of, also when the run stops meanwhile.
Lane* Run::change_all(std::span<Turn> turns) {
  Lane* last = nullptr;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    auto& turn = turns[i];
    if (!turn.begun && (stopped() || !send_changes(turn))) continue;
    if (i + 1 < turns.size() && !stopped() && ahead()) send_changes(turns[i + 1]);
    if (hear_changes(turn)) last = turn.lane;
  }
  return last;
}

/// Whether a request may be sent before the one before it was answered.
bool Run::ahead() const { return lanes_.size() > 1 && !stopped() && !pace_.rest_due(); }

/// A lane with a connection; else the run has stopped.
bool Run::give_lane(Turn& turn, std::size_t i) {
  turn.lane = &lanes_[i % lanes_.size()];
  return turn.lane->is_open() || reconnect(*turn.lane, {});
}

/// Reads and judges a batch, as often as it takes. False: the run has stopped.
bool Run::observe(Turn& turn) {
  while (true) {
    bool fenced = false;
    auto trouble = turn.observation ? Trouble{} : ask(turn);
    if (!trouble) trouble = hear(turn, fenced);
    if (fenced) stop("the lease was taken over by another run");
    if (stopped()) return false;
    if (!trouble && refusals(*turn.batch, trouble)) return !stopped();
    if (!recover(*turn.lane, trouble)) return false;
    if (needs_reading(*turn.batch) && !permitted()) return false;
  }
}

/// Sends the questions of a batch.
Trouble Run::ask(Turn& turn) {
  auto& batch = *turn.batch;
  auto& lane = *turn.lane;
  if (auto trouble = lane.select(batch.db)) return trouble;
  if (auto trouble = settle_lost(batch, lane)) return trouble;
  if (lane.watching) {
    Pipeline pipeline(lane.link());
    pipeline.ask({"UNWATCH"}, [](const wire::Reply&) {});
    if (auto trouble = pipeline.run()) return trouble;
  }
  lane.watching = batch.way == Way::watched || batch.way == Way::plain;
  turn.sent = steady_clock::now();
  turn.observation = std::make_unique<Observation>(lane.link(), batch, reading_);
  return {};
}

Trouble Run::hear(Turn& turn, bool& fenced) {
  auto trouble = turn.observation->hear(fenced);
  turn.observation.reset();
  if (!trouble && needs_reading(*turn.batch)) was_served(turn);
  return trouble;
}

/// Of requests that were under way together, each was served from when the one before it had been.
void Run::was_served(const Turn& turn) {
  const auto now = steady_clock::now();
  pace_.served(now - std::max(turn.sent, heard_), turn.batch->units);
  heard_ = now;
}

/// Steps whose reply was lost: those that were made are done with.
Trouble Run::settle_lost(Batch& batch, Lane& lane) {
  Pipeline pipeline(lane.link());
  for (auto& job : batch.jobs) {
    if (!job.lost || job.outcome) continue;
    ask_whether_done(pipeline, job.record, [&job](std::optional<bool> done) {
      if (!done || !*done) return;
      job.outcome = StepOutcome::removed;
      job.keys_changed = keys_in(job.record);
    });
  }
  return pipeline.run();
}

/// False: there is nothing to be heard of it.
bool Run::send_changes(Turn& turn) {
  turn.jobs = turn.batch->open_jobs();
  if (turn.jobs.empty() || !turn.batch->refused.empty()) return false;
  if (!turn.lane->is_open() && !reconnect(*turn.lane, {})) return false;
  if (!permitted()) return false;
  turn.deadline = clock_.now() + options_.script_deadline.count();
  turn.sent = steady_clock::now();
  turn.begun = true;
  if (const auto trouble = turn.lane->select(turn.batch->db)) {
    turn.refused = {
        trouble.kind == Trouble::Kind::lost ? Made::End::lost : Made::End::refused, trouble.text, {}};
  } else {
    turn.changing = std::make_unique<Changing>(*turn.lane, clock_, turn.batch->way, turn.jobs, turn.deadline,
                                               Fence{options_.fence_key, options_.fence_token});
  }
  return true;
}

/// False: the run has stopped, or must.
bool Run::hear_changes(Turn& turn) {
  auto made = turn.changing ? turn.changing->hear() : std::move(turn.refused);
  ++batches_;
  if (made.end != Made::End::lost) was_served(turn);
  return take(turn, std::move(made));
}

}  // namespace headroom::act
