#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <span>
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

  /// A batch under way: on which lane, and what was sent and not heard of yet.
  struct Turn {
    Batch* batch = nullptr;
    Lane* lane = nullptr;
    std::unique_ptr<Observation> observation{};
    std::vector<Job*> jobs{};  ///< those that are to be changed
    std::int64_t deadline = 0;
    std::unique_ptr<Changing> changing{};
    Made refused{};      ///< without a Changing: why there is none
    bool begun = false;  ///< the change
  };

  /// Batches that one sync of the journal serves.
  struct Group {
    std::vector<Batch> batches{};
    std::vector<Turn> turns{};
    std::size_t read = 0;                 ///< so many of them were read and written down
    bool apart = false;                   ///< it may be read before the one in front of it is changed
    bool odd = false;                     ///< of every second one
    std::optional<std::uint64_t> sync{};  ///< of the journal, under way; empty: nothing was read
  };

  // One group.
  Result<bool> go_on(std::optional<Group>& written);
  /// Reads, judges and writes down, and begins to bring that to the disk.
  Group read(std::vector<Batch> batches, bool apart);
  /// Changes what has been written down, once it is on the disk.
  Result<bool> change(Group& group, Group* next);
  void begin_changes(Group& group);
  std::size_t lanes_of(const Group& group) const;
  std::size_t in_flight(const Group& group) const;
  std::size_t read_all(Group& group);
  void ask_ahead(Group& group, std::size_t i);
  Lane* change_all(Group& group);
  bool ahead() const;
  bool give_lane(Group& group, std::size_t i);
  bool observe(Turn& turn);
  Trouble ask(Turn& turn);
  Trouble hear(Turn& turn, bool& fenced);
  bool send_changes(Turn& turn);
  bool hear_changes(Turn& turn);
  void was_served(const Turn& turn);
  Trouble settle_lost(Batch& batch, Lane& lane);
  bool refusals(Batch& batch, Trouble& trouble);
  void part(const std::vector<Job*>& jobs, const std::string& refusal);
  void write_down(Batch& batch);
  bool take(Turn& turn, Made made);
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
  bool odd_ = false;           ///< the last group
  std::uint16_t busiest_ = 0;  ///< most tries of a step of this group
};

}  // namespace headroom::act
