#include "act/execute/grouping.h"

#include <algorithm>

namespace headroom::act {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds longest_group{50};
constexpr std::size_t most_units = 100, most_batches = 64;

bool takes_value(const Step& step) {
  return std::any_of(step.changes.begin(), step.changes.end(),
                     [](const Change& c) { return takes_key(c.kind); });
}

/// Cheaper compared by the script, which is told them, than WATCHed: WATCH looks through all that its client
/// watches already for each further key.
constexpr std::uint64_t compared_bytes = 4U << 10U;

bool takes_small_strings(const Step& step) {
  return step.bytes > 0 && step.bytes <= compared_bytes &&
         std::all_of(step.changes.begin(), step.changes.end(), [&](const Change& change) {
           return change.kind == ChangeKind::remove &&
                  std::any_of(step.checks.begin(), step.checks.end(), [&](const Check& check) {
                    return check.key == change.key &&
                           (check.kind == CheckKind::value_hash || check.kind == CheckKind::value_is);
                  });
         });
}

bool is_native(const Step& step) {
  return step.checks.size() == 1 && step.changes.size() == 1 && step.checks[0].kind == CheckKind::no_ttl &&
         step.changes[0].kind == ChangeKind::expire_at && step.checks[0].key == step.changes[0].key;
}

std::size_t limit_for(const Job& job, std::size_t batch_limit) {
  if (job.alone) return 1;
  return std::max<std::size_t>(
      1, std::clamp<std::size_t>(batch_limit, 1, most_units) >> std::min<int>(job.tries, 8));
}

bool holds_keys(Way way) { return way == Way::watched || way == Way::plain; }

}  // namespace

Way way_of(const Job& job, const Means& means, const ServerTraits& traits) {
  if (traits.expire_nx && is_native(job.step)) return Way::native;
  if (!means.scripts) return Way::plain;
  if (!takes_value(job.step)) return Way::direct;
  return means.watch && !job.compare && !takes_small_strings(job.step) ? Way::watched : Way::compared;
}

std::size_t units_of(const Step& step) {
  constexpr std::uint64_t bytes_of_unit = 16U << 10U;
  std::size_t units = 0;
  if (std::any_of(step.changes.begin(), step.changes.end(),
                  [](const auto& one) { return takes_key(one.kind); }))
    units += static_cast<std::size_t>(std::min<std::uint64_t>(step.bytes / bytes_of_unit, 1'000));
  for (const auto& change : step.changes) {
    if (change.kind == ChangeKind::stream_trim) {
      units += 1 + static_cast<std::size_t>(std::max<std::int64_t>(0, change.limit)) / 10;
    } else if (!is_part(change.kind)) {
      ++units;
    }
  }
  return std::max<std::size_t>(units, 1);
}

namespace {

bool by_order(const Change& change) {
  return change.kind == ChangeKind::stream_trim || change.kind == ChangeKind::list_remove;
}

std::set<std::string> ordered_keys(const Job& job) {
  std::set<std::string> keys;
  for (const auto& change : job.step.changes)
    if (by_order(change)) keys.insert(job.step.keys[change.key]);
  return keys;
}

/// All batches of a group are read before the first is changed, so only one of them may take from a key where
/// it counts what stands before.
bool takes_from(const Job& job, const std::set<std::string>& keys) {
  return std::any_of(job.step.changes.begin(), job.step.changes.end(), [&](const Change& change) {
    return by_order(change) && keys.contains(job.step.keys[change.key]);
  });
}

}  // namespace

/// A group that is being filled.
struct Grouping::Open {
  std::vector<Batch> batches{};
  std::size_t units = 0, limit = 0, last_limit = 0;
  bool holds = false;
  steady_clock::time_point until = steady_clock::now() + longest_group;
  std::set<std::string> trimmed{};  ///< ordered_keys() of the batches before the last
};

Result<std::optional<Job>> Grouping::take() {
  std::optional<Job> job;
  if (!again_.empty()) {
    job = std::move(again_.front());
    again_.pop_front();
    return job;
  }
  job.emplace();
  const auto more = next_(job->step);
  if (!more) return fail(more.error());
  if (!*more) return std::optional<Job>{};
  job->number = number_++;
  return job;
}

/// Whether a batch more may be opened for `job`.
bool Grouping::fits(const Open& open, const Job& job, const Means& means) const {
  if (open.batches.empty()) return true;
  const bool holds = open.holds || holds_keys(way_of(job, means, traits_));
  if (open.batches.size() >= (holds ? std::max<std::size_t>(1, options_.lanes) : most_batches)) return false;
  if (open.units + units_of(job.step) > options_.keys_per_sync || steady_clock::now() > open.until)
    return false;
  const auto& last = open.batches.back().jobs;
  return std::none_of(last.begin(), last.end(),
                      [&](const Job& before) { return takes_from(job, ordered_keys(before)); });
}

Result<std::vector<Batch>> Grouping::group(std::size_t batch_limit, const Means& means) {
  Open open;
  while (true) {
    auto taken = take();
    if (!taken) return fail(taken.error());
    if (!*taken) break;
    Job& job = **taken;
    job.way = way_of(job, means, traits_);
    const auto units = units_of(job.step);
    const auto limit = limit_for(job, batch_limit);
    auto* last = open.batches.empty() ? nullptr : &open.batches.back();
    const bool same = last != nullptr && last->way == job.way && last->db == job.step.db && !job.alone &&
                      last->units + units <= std::min(limit, open.last_limit);
    if (takes_from(job, open.trimmed) || (!same && !fits(open, job, means))) {
      again_.push_front(std::move(job));
      break;
    }
    if (!same) {
      if (last != nullptr) {
        for (const auto& before : last->jobs) open.trimmed.merge(ordered_keys(before));
      }
      last = &open.batches.emplace_back(Batch{job.way, job.step.db, 0, {}});
      open.last_limit = limit;
      open.holds = open.holds || holds_keys(job.way);
    }
    open.last_limit = std::min(open.last_limit, limit);
    last->units += units;
    open.units += units;
    last->jobs.push_back(std::move(job));
  }
  return std::move(open.batches);
}

Result<bool> Grouping::drain(const std::function<void(Job&)>& begun,
                             const std::function<void(const Step&)>& fresh) {
  for (auto& job : again_) begun(job);
  again_.clear();
  Step step;
  while (true) {
    const auto more = next_(step);
    if (!more) return fail(more.error());
    if (!*more) return true;
    fresh(step);
  }
}

}  // namespace headroom::act
