#pragma once

#include <functional>
#include <optional>

#include "act/execute/pipeline.h"
#include "act/journal.h"

namespace headroom::act {

/// Asks what there is to see of a step whose reply was lost: true: it was made; false: it was not; empty:
/// nothing tells (a step that only pushed). A step is made as a whole, so one change speaks for all. `link`
/// has the database of the step selected.
void ask_whether_done(Pipeline& pipeline, const JournalStep& step,
                      std::function<void(std::optional<bool>)> take);

}  // namespace headroom::act
