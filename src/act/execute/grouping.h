#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "act/execute/job.h"
#include "act/execute/traits.h"
#include "act/executor.h"

namespace headroom::act {

/// What the run may use; found out at its beginning, and narrowed by what the server answers.
struct Means {
  bool scripts = true, watch = true;
};

Way way_of(const Job& job, const Means& means, const ServerTraits& traits);
/// Keys and members that a step changes; entries of a stream weigh a tenth, they are trimmed by the hundred;
/// each 16 KiB of a value that is read for the journal weigh as a key.
std::size_t units_of(const Step& step);

/// Takes steps in their order, those to be tried again first, and puts them together: batches of one database
/// and one way, as large as the pace allows, smaller for steps that were tried before; groups of batches that
/// share one sync.
class Grouping {
 public:
  Grouping(NextStep next, std::uint64_t first, const ApplyOptions& options, const ServerTraits& traits)
      : next_(std::move(next)), number_(first), options_(options), traits_(traits) {}

  void again(Job job) { again_.push_back(std::move(job)); }
  /// Empty: there are no more steps. Errors: of the plan file.
  Result<std::vector<Batch>> group(std::size_t batch_limit, const Means& means);
  /// Gives every step that is left, begun (to `begun`) or not.
  Result<bool> drain(const std::function<void(Job&)>& begun, const std::function<void(const Step&)>& fresh);

 private:
  struct Open;
  Result<std::optional<Job>> take();
  bool fits(const Open& open, const Job& job, const Means& means) const;

  NextStep next_;
  std::uint64_t number_;
  const ApplyOptions& options_;
  const ServerTraits& traits_;
  std::deque<Job> again_{};
};

}  // namespace headroom::act
