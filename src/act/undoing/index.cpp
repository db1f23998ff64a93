#include "act/undoing/index.h"

#include <unistd.h>

#include <algorithm>

#include "act/journal_file.h"
#include "act/undo.h"

namespace headroom::act {

struct UndoIndex::OfRun : JournalVisitor {
  explicit OfRun(UndoIndex& index) : to(index) {}
  Entry& at(std::uint64_t step) {
    if (step >= to.steps_.size()) to.steps_.resize(step + 1);
    return to.steps_[step];
  }
  void start(const JournalStart& start) override {
    if (to.start_.run.empty()) to.start_ = start;
  }
  void step(const JournalStep& step) override { at(step.number) = {entries++, StepOutcome::pending, none}; }
  void outcome(const JournalOutcome& outcome) override { at(outcome.number).outcome = outcome.outcome; }
  UndoIndex& to;
  std::uint32_t entries = 0;
};

struct UndoIndex::OfUndo : JournalVisitor {
  explicit OfUndo(UndoIndex& index) : to(index) {}
  void outcome(const JournalOutcome& outcome) override {
    if (outcome.number < to.steps_.size()) to.steps_[outcome.number].undo = outcome.outcome;
  }
  UndoIndex& to;
};

Result<UndoIndex> UndoIndex::read(const std::string& folder, const std::string& secret, bool damaged_too) {
  UndoIndex index;
  OfRun of_run(index);
  auto health = read_journal(folder, secret, of_run);
  if (!health) return fail(health.error());
  index.health_ = *std::move(health);
  const auto path = journal_path(folder);
  if (!index.health_.damage.empty() && !damaged_too)
    return fail({"this journal is damaged: " + index.health_.damage, path,
                 "--force undoes what stands before the damage", Exit::refused});
  if (index.start_.run.empty())
    return fail(
        {"this journal is empty", path, "the run had not begun: there is nothing to undo", Exit::refused});
  if (index.start_.kind == "undo")
    return fail({"this is the journal of an undo", path,
                 "undo the run itself; to remove again, make a new plan", Exit::refused});

  const auto undone = undo_folder(folder);
  if (::access(journal_path(undone).c_str(), F_OK) != 0) return index;
  OfUndo of_undo(index);
  auto before = read_journal(undone, secret, of_undo);
  if (!before) return fail(before.error());
  if (!before->damage.empty() && !damaged_too)
    return fail({"the journal of an earlier undo is damaged: " + before->damage, journal_path(undone),
                 "--force goes on without knowing what was put back", Exit::refused});
  return index;
}

bool UndoIndex::wanted(std::uint64_t entry, std::uint64_t step) const {
  const auto& found = steps_[step];
  if (found.last != entry) return false;
  if (found.undo == StepOutcome::removed || found.undo == StepOutcome::gone) return false;
  return found.outcome == StepOutcome::removed || found.outcome == StepOutcome::unknown ||
         found.outcome == StepOutcome::pending;
}

std::uint64_t UndoIndex::steps_back() const {
  return static_cast<std::uint64_t>(std::count_if(
      steps_.begin(), steps_.end(), [](const Entry& step) { return step.undo == StepOutcome::removed; }));
}

}  // namespace headroom::act
