#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "act/execute/changing.h"
#include "act/execute/grouping.h"
#include "act/execute/lane.h"
#include "act/execute/observation.h"
#include "act/execute/tally.h"
#include "act/executor.h"

namespace headroom::act {

/// One execute(): the loop over groups, and what is done about everything that goes wrong.
class Run {
 public:
  Run(const ApplyTarget& target, const NextStep& next, std::uint64_t first, const PlanHeader& plan,
      JournalWriter& journal, Pace& pace, const ApplyOptions& options, const OnApplyProgress& progress);
  Result<RunReport> go();

 private:
  // Beginning and end.
  Result<bool> begin();
  Result<bool> find_means();
  Result<RunReport> end();

  // One group.
  Result<bool> make(std::vector<Batch> batches);
  bool observe(Batch& batch, Lane& lane);
  Trouble read(Batch& batch, Lane& lane, bool& fenced);
  Trouble settle_lost(Batch& batch, Lane& lane);
  bool refusals(Batch& batch, Trouble& trouble);
  void part(const std::vector<Job*>& jobs, const std::string& refusal);
  void write_down(Batch& batch);
  bool change(Batch& batch, Lane& lane);
  bool take(Batch& batch, Lane& lane, Made made, const std::vector<Job*>& jobs, std::int64_t deadline);
  bool take_result(Job& job, const ScriptResult& result, Trouble& trouble);
  bool replicas_have_it(Lane& lane);
  void finish(std::vector<Batch>& batches);

  // What goes wrong.
  bool permitted();
  bool recover(Lane& lane, const Trouble& trouble);
  bool reconnect(Lane& lane, const std::string& why);
  bool react(const std::string& text);
  bool rest(std::string_view reason, std::chrono::milliseconds length);
  void stop(std::string why);
  void try_again(Job& job, std::string_view why);
  bool stopped() const { return !stopped_by_.empty(); }
  Lane* open_lane(std::size_t i);

  const ApplyTarget& target_;
  const PlanHeader& plan_;
  JournalWriter& journal_;
  Pace& pace_;
  const ApplyOptions& options_;
  const OnApplyProgress& progress_;
  ServerTraits traits_;
  Reading reading_;
  Means means_;
  Grouping grouping_;
  Tally tally_;
  ServerClock clock_{};
  std::vector<Lane> lanes_{};
  std::string stopped_by_{};
  std::vector<std::string> notes_{};
  std::optional<std::chrono::steady_clock::time_point> trouble_since_{};
  std::minstd_rand random_{std::random_device{}()};
  std::uint64_t batches_ = 0;
  std::uint16_t busiest_ = 0;  ///< most tries of a step of this group
};

}  // namespace headroom::act
