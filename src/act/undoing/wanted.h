#pragma once

#include <algorithm>
#include <cstdint>

#include "act/undo.h"
#include "act/undoing/index.h"

namespace headroom::act {

/// The steps of a journal that are to be undone.
class Wanted : public JournalVisitor {
 public:
  Wanted(const UndoIndex& index, const UndoFilter& filter) : index_(index), filter_(filter) {}
  void step(const JournalStep& step) final {
    if (index_.wanted(entry_++, step.number) && passes(step)) take(step);
  }

 protected:
  virtual void take(const JournalStep& step) = 0;
  const UndoIndex& index() const { return index_; }
  /// The journal is read once more.
  void begin_again() { entry_ = 0; }

 private:
  bool passes(const JournalStep& step) const {
    const auto& rules = filter_.rules;
    if (!rules.empty() && std::find(rules.begin(), rules.end(), step.rule) == rules.end()) return false;
    return !filter_.key || (!step.keys.empty() && filter_.key(step.keys[0]));
  }
  const UndoIndex& index_;
  const UndoFilter& filter_;
  std::uint64_t entry_ = 0;
};

}  // namespace headroom::act
