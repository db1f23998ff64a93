#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "family/bull_shapes.h"
#include "family/family.h"

namespace headroom::family {
namespace {

constexpr KeyShape own_shapes[] = {
    {.shape = "{root}:meta",
     .types = KeyType::hash,
     .role = "control",
     .why = "settings, pause and version of the queue; opening a queue writes it again",
     .tell = 2},
    {.shape = "{root}:events",
     .types = KeyType::stream,
     .role = "events",
     .care = Care::finished,
     .why = "what happened, for listeners, with the results of jobs in it; may be trimmed, not deleted "
            "while the queue lives",
     .tell = 2},
    {.shape = "{root}:prioritized",
     .types = KeyType::zset,
     .role = "prioritized",
     .why = "waiting jobs that have a priority",
     .tell = 2},
    {.shape = "{root}:pc",
     .types = KeyType::string,
     .role = "counter",
     .why = "keeps jobs of equal priority in order; without it they are shuffled",
     .tell = 1},
    {.shape = "{root}:waiting-children",
     .types = KeyType::zset,
     .role = "waiting-children",
     .why = "parents that wait for their children",
     .tell = 3},
    {.shape = "{root}:marker",
     .types = KeyType::zset,
     .role = "control",
     .why = "wakes up workers",
     .tell = 2},
    {.shape = "{root}:priority",
     .types = KeyType::zset,
     .role = "priority index",
     .care = Care::debris_if_proved,
     .why = "ordered the waiting jobs of version 3 and earlier; live as long as one such producer runs",
     .tell = 1,
     .debris_when = DebrisWhen::newer_layout,
     .debris = "legacy-priority",
     .debris_why = "version 4 and later neither write nor read it; it only grows while a producer of "
                   "version 3 still runs"},
    {.shape = "{root}:delay",
     .types = KeyType::stream,
     .role = "events",
     .care = Care::debris_if_proved,
     .why = "woke up the QueueScheduler of version 1",
     .tell = 2,
     .debris_when = DebrisWhen::newer_layout,
     .debris = "legacy-delay-stream",
     .debris_why = "version 2 and later neither write nor read it"},
    {.shape = "{root}:repeat:{any}:{n}",
     .types = KeyType::hash,
     .role = "job",
     .care = Care::debris_if_proved,
     .why = "one run of a scheduler; the next run is made when this one starts, so deleting it ends the "
            "schedule"},
    {.shape = "{root}:repeat:{any}",
     .types = KeyType::hash,
     .role = "scheduler",
     .why = "a job scheduler; deleted, its jobs never run again"},
    {.shape = "{root}:dn:{any}",
     .types = KeyType::hash,
     .role = "deduplication",
     .why = "a job that is added as soon as the one it equals has run: it is here and nowhere else"},
    {.shape = "{prefix}::relay:{any}",
     .role = "relay",
     .care = Care::expirable,
     .why = "messages between processes of version 6; each has a TTL",
     .tell = 4},
};

// Ids have no ':' or exactly two of them (version 5 refuses all others), so `R:a:processed` belongs to the
// job `a` while the hash `R:a:b:processed` is the job of that id.
std::vector<KeyShape> flow_shapes() {
  constexpr std::string_view results = "what the children of a job returned; part of the job";
  constexpr std::string_view failures = "why children of a job failed; part of the job";
  return {
      {.shape = "{root}:{any}:dependencies",
       .types = KeyType::set,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = "children a parent waits for; without it the parent waits for ever"},
      {.shape = "{root}:{any}:unsuccessful",
       .types = KeyType::zset,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = failures},
      {.shape = "{root}:{id}:processed",
       .types = KeyType::hash,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = results},
      {.shape = "{root}:{id}:{id}:{id}:processed",
       .types = KeyType::hash,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = results},
      {.shape = "{root}:{id}:failed",
       .types = KeyType::hash,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = failures},
      {.shape = "{root}:{id}:{id}:{id}:failed",
       .types = KeyType::hash,
       .role = "flow",
       .care = Care::debris_if_proved,
       .why = failures},
  };
}

// The states in the order in which getJobCounts() names them. `meta` stands first: describe() reads it there.
std::vector<QueueFact> facts() {
  return {
      {.part = QueuePart::note,
       .key = "{root}:meta",
       .ask = Ask::fields,
       .arguments = {"version", "opts.maxLenEvents", "paused"}},
      {.name = "active", .key = "{root}:active"},
      {.name = "completed", .key = "{root}:completed"},
      {.name = "delayed", .key = "{root}:delayed"},
      {.name = "failed", .key = "{root}:failed"},
      {.name = "paused", .key = "{root}:paused"},
      {.name = "prioritized", .key = "{root}:prioritized"},
      {.name = "waiting", .key = "{root}:wait"},
      {.name = "waiting-children", .key = "{root}:waiting-children"},
      {.part = QueuePart::event_entries, .key = "{root}:events"},
      {.part = QueuePart::event_bytes, .key = "{root}:events", .ask = Ask::bytes},
      {.part = QueuePart::last_event, .key = "{root}:events", .ask = Ask::last_stream_id},
  };
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// `version` is "bullmq:5.81.5": the last one that opened the queue, not necessarily that of the workers.
void note_version(std::string_view version, QueueState& state) {
  if (version.starts_with("bullmq-pro:") && state.family != "bullmq_pro")
    state.flags.push_back("read-only: BullMQ Pro has opened this queue");
  const auto colon = version.find(':');
  if (colon != std::string_view::npos) state.version = version.substr(colon + 1);
}

std::uint64_t* jobs_in(std::string_view name, QueueState& state) {
  const auto found = std::find_if(state.states.begin(), state.states.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == state.states.end() ? nullptr : &found->second;
}

/// Until version 5 pause() renames `wait` to `paused`, so that only one of them is there; version 6 pauses
/// without a list and forgets the one it finds. Both lists together, or the list in a queue that is not
/// paused, mean that version 6 has taken over, whatever `meta` says: it tells who opened the queue last, not
/// who works on it.
void settle_paused(bool is_paused, QueueState& state) {
  const std::uint64_t paused = *jobs_in("paused", state);
  const bool version_6 = leading_number(state.version).value_or(0) >= 6;
  if (paused > 0 && (version_6 || !is_paused || *jobs_in("waiting", state) > 0))
    state.flags.push_back(fmt::format(
        "{} jobs wait in a `paused` list, which version 6 does not count; resume() brings them back",
        paused));
  if (version_6) std::erase_if(state.states, [](const auto& one) { return one.first == "paused"; });
}

void describe(std::span<const Answer> answers, std::chrono::milliseconds now, QueueState& state) {
  const auto& meta = answers.front().texts;
  const auto field = [&](std::size_t i) { return i < meta.size() ? meta[i] : std::nullopt; };
  if (const auto version = field(0)) note_version(*version, state);
  if (const auto cap = field(1)) state.event_cap = leading_number(*cap);
  if (field(2)) state.flags.emplace_back("paused");
  settle_paused(field(2).has_value(), state);
  describe_bull_retention(now, state);
}

}  // namespace

Family bullmq() {
  return {
      .name = "bullmq",
      .title = "BullMQ 1-6",
      .shapes = joined({{std::begin(own_shapes), std::end(own_shapes)},
                        bull_state_shapes(),
                        flow_shapes(),
                        bull_job_shapes()}),
      .versions = {{"{root}:delay", "1"},
                   {"{root}:priority", "3 or earlier"},
                   {"{root}:prioritized", "4 or later"},
                   {"{root}:pc", "4 or later"},
                   {"{root}:repeat:{any}", "5 or later"},
                   {"{root}:marker", "5.1 or later"},
                   {"{root}:dn:{any}", "5.80 or later"}},
      .rivals = {"bull", "bullmq_pro"},
      .closed_world = true,
      .examples = {{"bull:mail:id", KeyType::string, "counter"},
                   {"bull:mail:meta", KeyType::hash, "control"},
                   {"bull:mail:events", KeyType::stream, "events"},
                   {"bull:mail:wait", KeyType::list, "waiting"},
                   {"bull:mail:prioritized", KeyType::zset, "prioritized"},
                   {"bull:mail:waiting-children", KeyType::zset, "waiting-children"},
                   {"bull:mail:marker", KeyType::zset, "control"},
                   {"bull:mail:priority", KeyType::zset, "priority index"},
                   {"bull:mail:delay", KeyType::stream, "events"},
                   {"bull:mail:repeat", KeyType::zset, "schedulers"},
                   {"bull:mail:repeat:daily-report", KeyType::hash, "scheduler"},
                   {"bull:mail:repeat:daily-report:1795237200000", KeyType::hash, "job"},
                   {"bull:mail:de:customer:61", KeyType::string, "deduplication"},
                   {"bull:mail:dn:nightly-import", KeyType::hash, "deduplication"},
                   {"bull:mail:metrics:completed", KeyType::hash, "metrics"},
                   {"bull:mail:17", KeyType::hash, "job"},
                   {"bull:mail:order:7:lock", KeyType::hash, "job"},
                   {"bull:mail:17:lock", KeyType::string, "lock"},
                   {"bull:mail:user:42:logs", KeyType::hash, "job"},
                   {"bull:mail:17:logs", KeyType::list, "log"},
                   {"bull:mail:order-1:dependencies", KeyType::set, "flow"},
                   {"bull:mail:order-1:processed", KeyType::hash, "flow"},
                   {"bull:mail:order-1:failed", KeyType::hash, "flow"},
                   {"bull:mail:order-1:unsuccessful", KeyType::zset, "flow"},
                   {"{app}:mail:eu:id", KeyType::string, "counter"},
                   {"{app}:mail:eu:events", KeyType::stream, "events"},
                   {"{app}:mail:eu:1", KeyType::hash, "job"},
                   {"bull::relay:namespaces", KeyType::set, "relay"}},
      .queue_facts = joined({facts(), bull_queue_facts()}),
      .describe = describe,
  };
}

}  // namespace headroom::family
