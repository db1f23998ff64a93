#include <algorithm>

#include "act/execute/run.h"
#include "act/execute/settle.h"

// The part of Run that reads batches and changes them, each on its lane. Where no rest is due between
// requests, those of the next batch are sent before the answers of this one are worked on, so that the server
// does not wait for us: still, all of a group is read and journaled before the first of it is changed. And
// while a group is brought to the disk, the next one is read, if that cannot make a difference.
namespace headroom::act {

namespace {

constexpr std::size_t most_in_flight = 2;  // others wait for all that is there when a turn begins

std::uint64_t keys_in(const JournalStep& record) {
  return static_cast<std::uint64_t>(
      std::count_if(record.before.begin(), record.before.end(), [](const Before& before) {
        return before.removed || before.kind == ChangeKind::expire_at || before.kind == ChangeKind::persist ||
               before.kind == ChangeKind::quarantine;
      }));
}

bool proved_whole(const Batch& batch, const Job& job) {
  if (job.tries > 0 || job.lost || job.step.changes.size() != 1) return false;
  const auto kind = job.step.changes[0].kind;
  return kind == ChangeKind::expire_at || kind == ChangeKind::persist || kind == ChangeKind::quarantine ||
         (kind == ChangeKind::remove && batch.way == Way::compared);
}

/// Whether they may be read before other steps are changed: nothing is read of them, or the script compares
/// all of it with what is there.
bool stand_apart(const std::vector<Batch>& batches) {
  return !batches.empty() && std::all_of(batches.begin(), batches.end(), [](const Batch& batch) {
    return (batch.way == Way::compared || !needs_reading(batch)) &&
           std::all_of(batch.jobs.begin(), batch.jobs.end(),
                       [&](const Job& job) { return proved_whole(batch, job); });
  });
}

}  // namespace

/// One group further: the next one is read while the one before it, `written`, is brought to the disk and
/// changed. False: there was none to take, and none was changed, so that none will come back.
Result<bool> Run::go_on(std::optional<Group>& written) {
  if (written) begin_changes(*written);
  std::vector<Batch> batches;
  if (!stopped()) {
    auto taken = grouping_.group(pace_.batch(), means_);
    if (!taken) return fail(taken.error());
    batches = *std::move(taken);
  }
  const bool more = written || !batches.empty(), apart = stand_apart(batches);
  std::optional<Group> before = std::move(written), next;
  written.reset();
  if (before && !(apart && ahead())) {
    if (auto changed = change(*before, nullptr); !changed) return changed;
    before.reset();
  }
  if (!batches.empty()) next = read(std::move(batches), apart);
  if (before) {
    if (auto changed = change(*before, next ? &*next : nullptr); !changed) return changed;
  }
  if (next && !(next->apart && ahead())) {
    if (auto changed = change(*next, nullptr); !changed) return changed;
    next.reset();
  }
  written = std::move(next);
  return more;
}

Run::Group Run::read(std::vector<Batch> batches, bool apart) {
  Group group;
  group.apart = apart;
  group.odd = odd_ = !odd_;
  group.batches = std::move(batches);
  group.turns = std::vector<Turn>(group.batches.size());
  for (std::size_t i = 0; i < group.batches.size(); ++i) group.turns[i].batch = &group.batches[i];
  group.read = read_all(group);
  if (group.read > 0) group.sync = journal_.begin_sync();
  return group;
}

/// The server can be at the first ones while we do something else.
void Run::begin_changes(Group& group) {
  const bool alone = options_.wait_replicas > 0 && lanes_[0].replicas() > 0;  // one WAIT for each group
  if (alone || !group.apart || !group.sync || !journal_.is_synced(*group.sync)) return;
  for (auto& turn : std::span(group.turns).first(std::min(group.read, in_flight(group))))
    if (!turn.begun && ahead()) send_changes(turn);
}

/// `next`: one that can be begun when this one is changed.
Result<bool> Run::change(Group& group, Group* next) {
  busiest_ = 0;
  if (group.sync) {
    if (auto synced = journal_.synced(*group.sync); !synced) return fail(synced.error());
  }
  Lane* last = change_all(group);
  if (next != nullptr) begin_changes(*next);
  finish(group.batches);
  if (last != nullptr && !stopped() && last->is_open()) replicas_have_it(*last);
  if (busiest_ > 1 && !stopped())
    rest("keys that are being changed",
         std::chrono::milliseconds(2U << std::min<std::uint16_t>(busiest_, 6)));
  return true;
}

/// How many of them: all, or those before the run stopped.
std::size_t Run::read_all(Group& group) {
  auto& turns = group.turns;
  std::size_t read = 0;
  for (; read < turns.size(); ++read) {
    auto& turn = turns[read];
    if (!give_lane(group, read)) break;
    if (!turn.observation && needs_reading(*turn.batch) && !permitted()) break;
    if (!turn.observation) (void)ask(turn);  // a trouble is met again by observe()
    for (auto next = read + 1; next < std::min(turns.size(), read + in_flight(group)) && ahead(); ++next)
      ask_ahead(group, next);
    if (!observe(turn)) break;
    write_down(*turn.batch);
  }
  for (auto& turn : turns)
    if (turn.observation) turn.lane->close();  // answers that nobody waits for are still to come there
  return read;
}

/// A trouble on the way is met again by observe(), when its turn comes.
void Run::ask_ahead(Group& group, std::size_t i) {
  auto& turn = group.turns[i];
  if (!turn.observation && needs_reading(*turn.batch) && give_lane(group, i) && permitted()) (void)ask(turn);
}

/// All that was sent is heard of, also when the run stops meanwhile.
Lane* Run::change_all(Group& group) {
  const auto turns = std::span(group.turns).first(group.read);
  Lane* last = nullptr;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    auto& turn = turns[i];
    if (!turn.begun && (stopped() || !send_changes(turn))) continue;
    for (auto next = i + 1; next < std::min(turns.size(), i + in_flight(group)) && ahead(); ++next)
      if (!turns[next].begun) send_changes(turns[next]);
    if (hear_changes(turn)) last = turn.lane;
  }
  return last;
}

/// Whether a request may be sent before the one before it was answered.
bool Run::ahead() const { return lanes_.size() > 1 && !stopped() && !pace_.rest_due(); }

/// Groups that may be under way with the next one have every second time the other half of the lanes.
std::size_t Run::lanes_of(const Group& group) const {
  return group.apart ? std::max<std::size_t>(1, lanes_.size() / 2) : lanes_.size();
}

/// Requests of a group that may be under way together.
std::size_t Run::in_flight(const Group& group) const { return std::min(lanes_of(group), most_in_flight); }

/// A lane with a connection; else the run has stopped.
bool Run::give_lane(Group& group, std::size_t i) {
  const auto lanes = lanes_of(group);
  group.turns[i].lane = &lanes_[(i % lanes + (group.odd ? lanes : 0)) % lanes_.size()];
  return group.turns[i].lane->is_open() || reconnect(*group.turns[i].lane, {});
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
  turn.observation = std::make_unique<Observation>(lane.link(), batch, reading_);
  return {};
}

Trouble Run::hear(Turn& turn, bool& fenced) {
  auto trouble = turn.observation->hear(fenced);
  turn.observation.reset();
  if (!trouble && needs_reading(*turn.batch)) was_served(turn);
  return trouble;
}

void Run::was_served(const Turn& turn) { pace_.served(clock_.take(turn.batch->units)); }

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
