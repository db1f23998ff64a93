#include <fmt/format.h>

#include "act/quarantine.h"
#include "act/undo.h"
#include "act/undoing/index.h"
#include "act/undoing/lane.h"
#include "act/undoing/tally.h"
#include "base/text.h"

namespace headroom::act {
namespace {

/// Removes the quarantined keys of the steps it is given, a batch at a time.
class Sweeping final : public JournalVisitor {
 public:
  Sweeping(const UndoIndex& index, UndoLane& lane, JournalWriter& journal)
      : tally(index.start()), index_(index), lane_(lane), journal_(journal) {}

  void step(const JournalStep& step) override {
    if (!index_.wanted(entry_++, step.number)) return;
    Sent sent{step.number, step.rule, 0, step.bytes, {}};
    for (const auto& before : step.before) {
      if (before.kind != ChangeKind::quarantine || before.key >= step.keys.size()) continue;
      // Whatever a journal says, nothing but a quarantine name of this run is removed.
      if (before.value != quarantine_name(index_.start().run, step.keys[before.key]) || before.value.empty())
        continue;
      if (sent.names++ == 0 && !begin(step)) return;
      const std::vector<std::string_view> words{"UNLINK", before.value};
      lane_.link().queue(words);
    }
    if (sent.names == 0) return;
    sent.key = step.keys[0];
    names_ += sent.names;
    sent_.push_back(std::move(sent));
  }

  void send() {
    if (sent_.empty()) return;
    const auto replies = lane_.exchange(names_);
    std::size_t at = 0;
    for (const auto& step : sent_) {
      if (!replies) {
        tally.ended(step.rule, StepOutcome::unknown, 0, 0, "the answer was lost", step.key);
        continue;
      }
      std::uint64_t removed = 0;
      std::string error;
      for (const auto end = at + step.names; at < end; ++at) {
        if ((*replies)[at].is_error()) error = (*replies)[at].text;
        if ((*replies)[at].integer > 0) ++removed;
      }
      judge(step, removed, error);
    }
    ++batches;
    sent_.clear();
    names_ = 0;
  }

  UndoTally tally;
  std::uint64_t batches = 0;

 private:
  struct Sent {
    std::uint64_t number = 0;
    std::uint16_t rule = 0;
    std::size_t names = 0;
    std::uint64_t bytes = 0;
    std::string key{};
  };

  /// Makes room in the batch, or a new one; counts the step. False: stopped.
  bool begin(const JournalStep& step) {
    tally.planned(step.rule);
    if (!sent_.empty() && (step.db != db_ || names_ >= lane_.most_units())) send();
    if (lane_.stopped()) return false;
    if (sent_.empty() && (!lane_.permit() || !lane_.use(step.db))) return false;
    db_ = step.db;
    return true;
  }

  void judge(const Sent& step, std::uint64_t removed, const std::string& error) {
    if (!error.empty()) {
      if (ends_run(error)) lane_.stop(printable(error));
      return tally.ended(step.rule, StepOutcome::failed, 0, 0, printable(error), step.key);
    }
    tally.ended(step.rule, removed > 0 ? StepOutcome::removed : StepOutcome::gone, removed, step.bytes);
    journal_.add(JournalOutcome{step.number, StepOutcome::gone});
  }

  const UndoIndex& index_;
  UndoLane& lane_;
  JournalWriter& journal_;
  std::vector<Sent> sent_{};
  std::size_t names_ = 0;
  std::uint64_t entry_ = 0;
  std::uint32_t db_ = 0;
};

}  // namespace

Result<RunReport> sweep(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                        Pace& pace) {
  const auto begin = std::chrono::steady_clock::now();
  auto index = UndoIndex::read(folder, secret, false);
  if (!index) return fail(index.error());
  auto journal = JournalWriter::resume(folder, secret);
  if (!journal) return fail(journal.error());
  journal->note("sweep: what is in quarantine is removed for good");
  if (auto synced = journal->sync(); !synced) return fail(synced.error());
  auto lane = UndoLane::open(target, pace);
  if (!lane) return fail(lane.error());
  Sweeping sweeping(*index, *lane, *journal);
  if (auto read = read_journal(folder, secret, sweeping); !read) return fail(read.error());
  sweeping.send();
  if (auto synced = journal->sync(); !synced) lane->stop(synced.error().what);
  auto report = sweeping.tally.finish("sweep", lane->why());
  report.batches = sweeping.batches;
  report.journal_bytes = Bytes{journal->bytes()};
  report.waits = pace.waits();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace headroom::act
