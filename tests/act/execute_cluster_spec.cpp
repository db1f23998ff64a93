#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "apply_kit.h"

// A node of a cluster: what it answers when keys are elsewhere, and that a run neither follows nor guesses.
namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using test::Applying;
using test::at_permit;
using test::RedisServer;
using test::Talk;
using testing::HasSubstr;

/// Has the slots up to 8191; a node that never answers has the others. Slots as CLUSTER KEYSLOT tells them.
class ExecuteCluster : public testing::Test {
 protected:
  static constexpr auto here = "{b}", too = "{bar}", elsewhere = "{a}";
  static constexpr auto slot_here = "3300", slot_elsewhere = "15495";

  /// One for all tests: a node of a cluster takes two seconds to take part.
  static void SetUpTestSuite() {
    folder = new TestFolder;
    const auto nodes = *folder / "nodes.conf";
    const auto bus = std::to_string(headroom::test::free_port());
    std::ofstream(nodes) << me << " 127.0.0.1:0@" << bus << " myself,master - 0 0 1 connected 0-8191\n"
                         << other << " 127.0.0.1:1@2 master - 0 0 2 connected 8192-16383\n"
                         << "vars currentEpoch 2 lastVoteEpoch 0\n";
    server =
        new RedisServer({"--cluster-enabled", "yes", "--cluster-config-file", nodes, "--cluster-port", bus,
                         "--cluster-node-timeout", "600000", "--cluster-require-full-coverage", "no"});
    const Talk ask(*server);
    while (ask({"CLUSTER", "INFO"}).text.find("cluster_state:ok") == std::string::npos)
      std::this_thread::sleep_for(20ms);
  }
  static void TearDownTestSuite() {
    delete server;
    delete folder;
  }
  ExecuteCluster() : talk(*server) { settle(); }
  /// No keys, and the slot is ours.
  void settle() const {
    talk({"FLUSHALL"});
    talk({"CLUSTER", "ADDSLOTS", slot_here});  // an error where it is ours still
    move({"NODE", me});
    move({"STABLE"});
  }

  std::vector<Step> strings(const std::string& prefix, int count) const {
    std::vector<Step> steps;
    for (int i = 1; i <= count; ++i) {
      steps.push_back(test::remove_string(prefix + ":" + std::to_string(i)));
      EXPECT_FALSE(talk({"SET", steps.back().keys[0], "v"}).is_error());
    }
    return steps;
  }
  std::uint64_t keys() const { return static_cast<std::uint64_t>(talk({"DBSIZE"}).integer); }
  void move(const std::vector<std::string>& how) const {
    std::vector<std::string> words{"CLUSTER", "SETSLOT", slot_here};
    words.insert(words.end(), how.begin(), how.end());
    EXPECT_FALSE(talk(words).is_error());
  }

  static inline const std::string me = std::string(40, 'a'), other = std::string(40, 'b');
  static inline TestFolder* folder = nullptr;
  static inline RedisServer* server = nullptr;
  Talk talk;
};

// HA-3: MOVED: the slot went to another node in the middle of the run; what was done before counts, nothing
// else does
TEST_F(ExecuteCluster, a_slot_that_has_moved_stops_the_run) {
  for (const bool watch : {true, false}) {
    settle();
    Applying applying(*server);
    applying.options.watch = watch;
    auto steps = strings(here, 2'000);
    std::uint64_t left = 0;
    at_permit(applying, 7, [&] {
      left = keys();
      talk({"FLUSHALL"});
      move({"NODE", other});
    });
    const auto report = applying.run(std::move(steps));
    EXPECT_FALSE(report.complete);
    EXPECT_THAT(report.stopped_by, HasSubstr("lives on another node"));
    EXPECT_THAT(report.stopped_by, HasSubstr(std::string("MOVED ") + slot_here));
    EXPECT_EQ(report.removed, 2'000 - left);
    EXPECT_EQ(report.pending, left);
    EXPECT_GT(left, 0U);
  }
}

// HA-3: MOVED from the first key on: nothing changed, nothing counts as done
TEST_F(ExecuteCluster, keys_of_another_node_are_not_touched) {
  Applying applying(*server);
  talk({"SET", here, "v"});
  const auto report = applying.run({test::remove_string(elsewhere)});
  EXPECT_FALSE(report.complete);
  EXPECT_THAT(report.stopped_by, HasSubstr(std::string("MOVED ") + slot_elsewhere));
  EXPECT_EQ(report.pending, 1U);
  EXPECT_EQ(keys(), 1U);
}

// HA-3: ASK: the keys have gone ahead of their slot; the run waits, says why, and does not ask without end
TEST_F(ExecuteCluster, keys_that_went_ahead_of_their_slot_are_waited_for) {
  Applying applying(*server);
  auto steps = strings(here, 200);
  talk({"FLUSHALL"});
  move({"MIGRATING", other});
  applying.pace.on_permit = [&] { return applying.pace.permits < 10; };
  const auto report = applying.run(std::move(steps));
  EXPECT_EQ(report.stopped_by, "told to");
  EXPECT_EQ(report.pending, 200U);
  ASSERT_EQ(applying.pace.waited_for.size(), 1U);
  EXPECT_THAT(applying.pace.waited_for.begin()->first, HasSubstr("slot of this key is moving"));
  EXPECT_GE(applying.pace.waited_for.begin()->second, 300ms) << "it asked again at once";
}

// HA-3: TRYAGAIN: half of the keys are still here; when the slot has settled the run goes on, and counts what
// went as gone
TEST_F(ExecuteCluster, a_slot_that_is_moving_is_waited_for) {
  Applying applying(*server);
  auto steps = strings(here, 200);
  for (int i = 1; i <= 200; i += 2) talk({"DEL", steps[static_cast<std::size_t>(i)].keys[0]});
  move({"MIGRATING", other});
  at_permit(applying, 5, [&] { move({"STABLE"}); });
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 100U);
  EXPECT_EQ(report.gone, 100U);
  EXPECT_GE(applying.pace.waited_for["the slot is moving and its keys are on both nodes just now"], 50ms);
}

// HA-3: CROSSSLOT: keys of two slots: nothing is done by halves
TEST_F(ExecuteCluster, keys_of_two_slots_stop_the_run) {
  for (const bool watch : {true, false}) {
    settle();
    Applying applying(*server);
    applying.options.watch = watch;
    auto steps = strings(here, 20);
    for (auto& step : strings(too, 20)) steps.push_back(std::move(step));
    const auto report = applying.run(std::move(steps));
    EXPECT_FALSE(report.complete);
    EXPECT_THAT(report.stopped_by, HasSubstr("CROSSSLOT"));
    EXPECT_EQ(report.removed, 0U);
    EXPECT_EQ(report.pending, 40U);
    EXPECT_EQ(keys(), 40U);
  }
}

// HA-3: CLUSTERDOWN: a slot that nobody serves is waited for
TEST_F(ExecuteCluster, a_slot_that_nobody_serves_is_waited_for) {
  Applying applying(*server);
  auto steps = strings(here, 200);
  talk({"CLUSTER", "DELSLOTS", slot_here});
  at_permit(applying, 5, [&] { talk({"CLUSTER", "ADDSLOTS", slot_here}); });
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 200U);
  EXPECT_GE(applying.pace.waited_for["the cluster does not serve all its slots"], 50ms);
}

}  // namespace
}  // namespace headroom::act
