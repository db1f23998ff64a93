#include "act/undoing/putting_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace headroom::act {
namespace {

/// As many as apply has in one sync; a sync is some milliseconds, and so is their way to the server.
constexpr std::uint64_t most_group_units = 1'000;
constexpr std::size_t most_group_bytes = 8U << 20U;
/// Of payloads in one script, when there are several: what RESTORE makes of them holds the server up.
constexpr std::size_t most_script_bytes = 256U << 10U;
/// Steps with items of lists that are kept to be put back last one first: some 20 MB.
constexpr std::uint64_t most_lists = 50'000;
constexpr std::size_t most_names = 100;  // APPLY-3
/// RESTORE of a larger payload makes the server close the connection (proto-max-bulk-len; safety.md 2.7).
constexpr std::size_t largest_payload = 511U << 20U;

bool has(const JournalStep& step, ChangeKind kind) {
  return std::any_of(step.before.begin(), step.before.end(),
                     [&](auto& before) { return before.kind == kind; });
}

std::string stop_text(const std::string& error) {
  if (error.find("OOM") != std::string::npos) return "memory is short: the server is at maxmemory";
  return printable(error);
}

}  // namespace

Result<bool> PuttingBack::finish() {
  for (auto step = later_.rbegin(); step != later_.rend() && !lane_.stopped(); ++step) put_back(*step);
  later_.clear();
  send_group();
  streams_.finish(tally, journal_);
  if (auto synced = journal_.sync(); !synced) return synced;
  begin_again();
  list_ = 0;
  return next_turn() && !lane_.stopped();
}

bool PuttingBack::next_turn() {
  if (turn_ == Turn::deadlines) return false;
  until_ = std::exchange(turn_, Turn::lists) == Turn::others ? lists_ : from_;
  from_ = until_ - std::min(until_, most_lists);
  if (until_ > 0) return true;
  turn_ = Turn::deadlines;
  return has_deadlines_;
}

PuttingBack::Turn PuttingBack::turn_of(const JournalStep& step) {
  if (has(step, ChangeKind::expire_at) || has(step, ChangeKind::persist)) return Turn::deadlines;
  return has(step, ChangeKind::list_remove) ? Turn::lists : Turn::others;
}

void PuttingBack::take(const JournalStep& step) {
  const auto turn = turn_of(step);
  if (turn_ == Turn::others) {
    tally.planned(step.rule);
    lists_ += turn == Turn::lists;
    has_deadlines_ = has_deadlines_ || turn == Turn::deadlines;
  }
  if (turn != turn_ || lane_.stopped()) return;
  if (turn != Turn::lists) return put_back(step);
  if (list_ >= from_ && list_ < until_) later_.push_back(step);
  ++list_;
}

void PuttingBack::put_back(const JournalStep& step) {
  if (has(step, ChangeKind::list_push))
    return end(step, {StepOutcome::changed,
                      "it put messages back into a queue, which may have been worked on since"});
  if (has(step, ChangeKind::stream_trim)) return take_stream(step);
  UndoPart part(step);
  if (part.empty()) return end(step, {StepOutcome::changed, "it changed nothing that could be put back"});
  if (part.bytes() > largest_payload)
    return end(step, {StepOutcome::failed, "its value is larger than RESTORE takes (512 MiB)"});
  units_ += part.units(), bytes_ += part.bytes();
  group_.push_back({step.number, step.db, step.rule, step.bytes, step.keys[0], std::move(part)});
  if (units_ >= most_group_units || bytes_ >= most_group_bytes) send_group();
}

void PuttingBack::take_stream(const JournalStep& step) {
  send_group();
  if (step.before.size() != 1 || step.before[0].key >= step.keys.size())
    return end(step, {StepOutcome::failed, "it changed more than a stream in one step"});
  const bool may_be_there = index().unsure(step.number) || index().under_way(step.number);
  if (lane_.permit()) streams_.add(step, step.before[0], may_be_there);
}

void PuttingBack::send_group() {
  if (group_.empty() || !lane_.permit()) return group_.clear();
  for (const auto& step : group_) journal_.add(JournalOutcome{step.number, StepOutcome::pending});
  if (auto synced = journal_.sync(); !synced) {
    lane_.stop(fmt::format("the journal of the undo cannot be written: {}", synced.error().what));
  } else {
    std::size_t sent = 0;
    // The permit from before the sync is that of the first batch.
    while (sent < group_.size() && (sent == 0 || lane_.permit()) && lane_.use(group_[sent].db) &&
           know_script())
      sent = send_batch(sent);
    // What was not sent is begun anew by a later undo.
    for (; sent < group_.size(); ++sent)
      journal_.add(JournalOutcome{group_[sent].number, StepOutcome::failed});
  }
  group_.clear();
  units_ = bytes_ = 0;
}

/// False: stopped.
bool PuttingBack::know_script() {
  if (!sha_.empty() || sha_refused_) return true;
  const auto loaded = lane_.ask({"SCRIPT", "LOAD", undo_script()});
  if (!loaded) return false;
  sha_refused_ = loaded->is_error();  // then the text goes with every call
  if (!sha_refused_) sha_ = loaded->text;
  return true;
}

/// From `first` on; answers where it ended.
std::size_t PuttingBack::send_batch(std::size_t first) {
  UndoCall call;
  std::size_t units = 0, bytes = 0, last = first;
  for (; last < group_.size() && group_[last].db == group_[first].db; ++last) {
    const auto& part = group_[last].part;
    const bool fits = units + part.units() <= lane_.most_units() &&
                      bytes + part.bytes() <= most_script_bytes &&
                      call.names() + part.names().size() <= most_names;
    if (last != first && !fits) break;
    call.add(part);
    units += part.units(), bytes += part.bytes();
  }
  call.queue(lane_.link(), sha_);
  const auto replies = lane_.exchange(units);
  std::vector<UndoAnswer> answers;
  if (replies) answers = undo_answers(replies->front(), last - first);
  for (auto i = first; i < last; ++i) {
    const auto& step = group_[i];
    const auto verdict = replies ? judge(step.number, answers[i - first])
                                 : Verdict{StepOutcome::unknown, "the answer was lost"};
    tally.ended(step.rule, verdict.outcome, step.part.keys(), step.bytes, verdict.why, step.key);
    if (replies) journal_.add(JournalOutcome{step.number, verdict.outcome});
  }
  ++batches;
  return last;
}

PuttingBack::Verdict PuttingBack::judge(std::uint64_t number, const UndoAnswer& answer) {
  switch (answer.kind) {
    case UndoAnswer::Kind::done:
      if (answer.text.empty()) return {StepOutcome::removed, {}};
      return {StepOutcome::removed,
              "an item came back near its place: the list was not as the run had left it"};
    case UndoAnswer::Kind::there:
      if (index().under_way(number)) return {StepOutcome::removed, {}};
      if (index().unsure(number))
        return {StepOutcome::changed, "it is there: the run may not have come to it"};
      return {StepOutcome::changed, "it is there again"};
    case UndoAnswer::Kind::taken:
      return {StepOutcome::changed, "something is there again and was left as it is"};
    case UndoAnswer::Kind::expired:
      return {StepOutcome::gone, "its TTL has ended meanwhile"};
    case UndoAnswer::Kind::swept:
      return {StepOutcome::gone, "it is no longer in quarantine"};
    case UndoAnswer::Kind::refused:
      break;
  }
  if (answer.text.find("DUMP payload version or checksum") != std::string::npos ||
      answer.text.find("Bad data format") != std::string::npos)
    return {StepOutcome::failed,
            "this server is older than the one it was removed from and cannot read it: undo it "
            "on a server of that version"};
  if (ends_run(answer.text)) lane_.stop(stop_text(answer.text));
  return {StepOutcome::failed, printable(answer.text)};
}

void PuttingBack::end(const JournalStep& step, const Verdict& verdict) {
  tally.ended(step.rule, verdict.outcome, 0, 0, verdict.why, step.keys.empty() ? "" : step.keys[0]);
  journal_.add(JournalOutcome{step.number, verdict.outcome});
}

}  // namespace headroom::act
