#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "model/bull_queue.h"
#include "plan/policy.h"
#include "plan/step_sink.h"

namespace headroom::plan::bull {

/// Entries that one step removes: 0.2 ms of the server (safety.md 2.3).
inline constexpr std::uint64_t events_per_step = 1000;

/// How many entries of an event stream may stay, but for their age: what the queue itself allows and what the
/// policy allows, whichever is less. Empty: any number.
std::optional<std::uint64_t> events_kept(const BullPolicy& policy, std::optional<std::uint64_t> cap);

/// Steps that trim the event stream of a queue from `entries` to `target` entries. Events are news: whoever
/// listens reads them as they come, and jobs do not need them. The stream itself stays, with its last id,
/// even when it is emptied: listeners go on from there.
Result<bool> trim_events(const BullQueue& queue, std::uint64_t entries, std::uint64_t target, Bytes bytes,
                         const BullPolicy& policy, StepSink& steps);

}  // namespace headroom::plan::bull
