#include "family/bull_shapes.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string_view>

namespace headroom::family {

namespace {

// Names like "completed" are anybody's, so each counts little: `id` and two states confirm a root, no two
// states alone do.
constexpr KeyShape state_shapes[] = {
    {.shape = "{root}:id",
     .types = KeyType::string,
     .role = "counter",
     .why = "the last job id; without it ids start again at 1 and new jobs are written over old ones",
     .tell = 2},
    {.shape = "{root}:wait",
     .types = KeyType::list,
     .role = "waiting",
     .why = "jobs that wait for a worker",
     .tell = 1},
    {.shape = "{root}:paused",
     .types = KeyType::list,
     .role = "paused",
     .why = "jobs that wait while the queue is paused; renamed to `wait` on resume, and a TTL would travel "
            "along",
     .tell = 1},
    {.shape = "{root}:active",
     .types = KeyType::list,
     .role = "active",
     .why = "jobs in the hands of workers",
     .tell = 1},
    {.shape = "{root}:delayed",
     .types = KeyType::zset,
     .role = "delayed",
     .why = "jobs for later",
     .tell = 1},
    {.shape = "{root}:completed",
     .types = KeyType::zset,
     .role = "completed",
     .care = Care::finished,
     .why = "names the completed jobs; clean it together with their hashes, or those become orphans",
     .tell = 1},
    {.shape = "{root}:failed",
     .types = KeyType::zset,
     .role = "failed",
     .care = Care::finished,
     .why = "names the failed jobs; clean it together with their hashes, or those become orphans",
     .tell = 1},
    {.shape = "{root}:repeat",
     .types = KeyType::zset,
     .role = "schedulers",
     .why = "repeated jobs by the time they are due; deleted, they never run again",
     .tell = 1},
    {.shape = "{root}:stalled",
     .types = KeyType::set,
     .role = "lock",
     .why = "the active jobs at the last look for stalled ones",
     .tell = 1},
    {.shape = "{root}:stalled-check",
     .types = KeyType::string,
     .role = "lock",
     .why = "a living worker writes it every 30 s: its presence is a heartbeat",
     .tell = 3},
    {.shape = "{root}:limiter",
     .types = KeyType::string,
     .role = "limiter",
     .why = "jobs started in this period of the rate limit; expires with it",
     .tell = 1},
    {.shape = "{root}:metrics:completed",
     .types = KeyType::hash,
     .role = "metrics",
     .why = "jobs completed, by minute; bounded by maxDataPoints",
     .tell = 2},
    {.shape = "{root}:metrics:failed",
     .types = KeyType::hash,
     .role = "metrics",
     .why = "jobs failed, by minute; bounded by maxDataPoints",
     .tell = 2},
    {.shape = "{root}:metrics:completed:data",
     .types = KeyType::list,
     .role = "metrics",
     .why = "jobs completed, by minute; bounded by maxDataPoints",
     .tell = 2},
    {.shape = "{root}:metrics:failed:data",
     .types = KeyType::list,
     .role = "metrics",
     .why = "jobs failed, by minute; bounded by maxDataPoints",
     .tell = 2},
    {.shape = "{root}:de:{any}",
     .types = KeyType::string,
     .role = "deduplication",
     .care = Care::debris_if_proved,
     .why = "keeps a job from being added twice; debris once the job it names is gone, as it then blocks "
            "every later one",
     .tell = 1},
};

constexpr KeyShape job_shapes[] = {
    {.shape = "{root}:{any}:lock",
     .types = KeyType::string,
     .role = "lock",
     .why = "the worker that has the job; renewed while it runs, expires when the worker dies",
     .debris_when = DebrisWhen::without_ttl,
     .debris = "lock-without-ttl",
     .debris_why = "every lock is written with a TTL; without one the job can never be taken again"},
    {.shape = "{root}:{any}:logs",
     .types = KeyType::list,
     .role = "log",
     .care = Care::debris_if_proved,
     .why = "what a job logged; debris once the job is gone"},
    {.shape = "{root}:{any}",
     .types = KeyType::hash,
     .role = "job",
     .care = Care::debris_if_proved,
     .why = "a job: live while a list or set of the queue names it, which its own key does not tell",
     .debris_when = DebrisWhen::smaller_than_job,
     .debris = "stub",
     .debris_why = "too small to be a job: written for an id whose job was gone, and it blocks that id"},
};

}  // namespace

std::vector<KeyShape> bull_state_shapes() { return {std::begin(state_shapes), std::end(state_shapes)}; }
std::vector<KeyShape> bull_job_shapes() { return {std::begin(job_shapes), std::end(job_shapes)}; }

std::vector<QueueFact> bull_queue_facts() {
  return {
      {.part = QueuePart::schedulers, .key = "{root}:repeat"},
      {.part = QueuePart::finished_first, .key = "{root}:completed", .ask = Ask::first_score},
      {.part = QueuePart::finished_first, .key = "{root}:failed", .ask = Ask::first_score},
      {.part = QueuePart::finished_last, .key = "{root}:completed", .ask = Ask::last_score},
      {.part = QueuePart::finished_last, .key = "{root}:failed", .ask = Ask::last_score},
      {.part = QueuePart::heartbeat, .key = "{root}:stalled-check", .ask = Ask::string_value},
  };
}

void describe_bull_retention(std::chrono::milliseconds now, QueueState& state) {
  std::uint64_t kept = 0;
  for (const auto& [name, jobs] : state.states)
    if (name == "completed" || name == "failed") kept += jobs;
  if (kept == 0) {
    state.retention = "no finished jobs are kept";
    return;
  }
  state.retention = fmt::format("{} finished {} kept", kept, kept == 1 ? "job" : "jobs");
  if (!state.oldest_finished || *state.oldest_finished > now) return;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - *state.oldest_finished).count();
  state.retention += hours < 48 ? fmt::format(", the oldest for {} h", hours)
                                : fmt::format(", the oldest for {} days", hours / 24);
}

}  // namespace headroom::family
