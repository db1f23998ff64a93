#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "apply_kit.h"
#include "kit/redis_server.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using test::Applying;
using test::at_permit;
using test::RedisServer;
using test::Talk;
using testing::HasSubstr;

std::vector<Step> strings(const RedisServer& server, int count) {
  headroom::test::fill(server, "k", count);
  std::vector<Step> steps;
  for (int i = 1; i <= count; ++i) steps.push_back(test::remove_string("k:" + std::to_string(i)));
  return steps;
}

class Later {
 public:
  Later(std::chrono::milliseconds after, std::function<void()> act)
      : thread_([after, act = std::move(act)] {
          std::this_thread::sleep_for(after);
          act();
        }) {}
  ~Later() { thread_.join(); }

 private:
  std::thread thread_;
};

struct Moment {
  std::uint64_t permit;
  bool watch;
};

// APPLY-6 APPLY-4 F21: the server stands still while a request is under way; what comes late does nothing,
// and nothing is counted twice
TEST(ExecuteFaults, a_server_that_stands_still_is_waited_for) {
  for (const auto moment : {Moment{3, true}, Moment{10, true}, Moment{5, false}, Moment{12, false}}) {
    RedisServer server;
    Applying applying(server);
    applying.target = test::target_at(server.url(), 400ms);
    applying.options.script_deadline = 300ms;
    applying.options.watch = moment.watch;
    auto steps = strings(server, 2'000);
    std::unique_ptr<Later> later;
    at_permit(applying, moment.permit, [&] {
      ::kill(server.pid(), SIGSTOP);
      later = std::make_unique<Later>(1500ms, [&] { ::kill(server.pid(), SIGCONT); });
    });
    const auto report = applying.run(std::move(steps));
    EXPECT_TRUE(report.complete) << report.stopped_by;
    EXPECT_EQ(report.removed, 2'000U);
    EXPECT_EQ(report.rules[0].keys, 2'000U);
    EXPECT_EQ(Talk(server)({"DBSIZE"}).integer, 0);
  }
}

// APPLY-6 F22: writes are paused without a word
TEST(ExecuteFaults, a_server_that_is_paused_is_waited_for) {
  RedisServer server;
  Applying applying(server);
  applying.target = test::target_at(server.url(), 400ms);
  auto steps = strings(server, 2'000);
  const Talk talk(server);
  at_permit(applying, 10, [&] { talk({"CLIENT", "PAUSE", "1500", "WRITE"}); });
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 2'000U);
  EXPECT_EQ(talk({"DBSIZE"}).integer, 0);
}

/// With rests between requests, and without: then they overlap.
class Hurrying : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(ExecuteFaults, Hurrying, testing::Bool());

// APPLY-6 CONN-2 F20: connections are cut all the time
TEST_P(Hurrying, connections_that_are_cut_are_opened_again) {
  RedisServer server;
  Applying applying(server);
  applying.pace.hurries = GetParam();
  auto steps = strings(server, 8'000);
  for (int i = 1; i <= 8'000; i += 2)
    steps[static_cast<std::size_t>(i)].changes = {{.kind = ChangeKind::quarantine}};
  std::jthread cutter([&](const std::stop_token& over) {
    const Talk talk(server);
    while (!over.stop_requested()) {
      talk({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      std::this_thread::sleep_for(40ms);
    }
  });
  const auto report = applying.run(std::move(steps));
  cutter = {};
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 8'000U);
  EXPECT_EQ(report.unknown, 0U);
  EXPECT_EQ(Talk(server)({"DBSIZE"}).integer, 4'000);
}

// APPLY-3 F24: at maxmemory nothing that needs memory is used
TEST(ExecuteFaults, works_at_maxmemory) {
  RedisServer server;
  Applying applying(server);
  auto steps = strings(server, 1'000);
  const Talk talk(server);
  for (int i = 0; i < 100; ++i) {
    const auto n = std::to_string(i);
    talk({"HSET", "job:" + n, "f", n});
    talk({"ZADD", "zset", n, n});
    talk({"SET", "aside:" + n, n});
    talk({"SET", "later:" + n, n});
    Step step{
        .keys = {"job:" + n, "zset"},
        .changes = {{.kind = ChangeKind::remove}, {.kind = ChangeKind::zset_remove, .key = 1, .member = n}}};
    steps.push_back(step);
    steps.push_back({.keys = {"aside:" + n}, .changes = {{.kind = ChangeKind::quarantine}}});
    steps.push_back({.keys = {"later:" + n},
                     .checks = {{.kind = CheckKind::no_ttl}},
                     .changes = {{.kind = ChangeKind::expire_at, .number = 4102444800000}}});
  }
  talk({"CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction"});
  ASSERT_EQ(talk({"SET", "more", "v"}).error_prefix(), "OOM");
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 1'300U) << testing::PrintToString(report.notes);
  EXPECT_THAT(report.notes, testing::Contains(HasSubstr("maxmemory")));
}

// APPLY-2 F31: without scripts by WATCH, without WATCH by scripts, without both not at all
TEST(ExecuteFaults, does_with_what_the_user_may) {
  struct Rights {
    std::vector<std::string> taken;
    bool works;
  };
  for (const auto& rights : {Rights{{"-eval", "-evalsha"}, true}, Rights{{"-watch"}, true},
                             Rights{{"-eval", "-evalsha", "-watch"}, false}}) {
    RedisServer server;
    Applying applying(server);
    auto steps = strings(server, 300);
    const Talk talk(server);
    std::vector<std::string> command{"ACL", "SETUSER", "default"};
    command.insert(command.end(), rights.taken.begin(), rights.taken.end());
    talk(command);
    applying.plan.steps = steps.size();
    std::size_t next = 0;
    const auto report = applying.try_run([&](Step& step) -> Result<bool> {
      if (next == steps.size()) return false;
      step = steps[next++];
      return true;
    });
    ASSERT_EQ(report.has_value(), rights.works);
    EXPECT_EQ(talk({"DBSIZE"}).integer, rights.works ? 0 : 300);
    if (!rights.works) {
      EXPECT_EQ(report.error().exit, Exit::refused);
    }
  }
}

// APPLY-7 F31: a right that is missing ends the run before anything goes, and is named
TEST(ExecuteFaults, a_missing_right_stops_the_run) {
  for (const auto* right : {"unlink", "mget", "pexpiretime"}) {
    RedisServer server;
    Applying applying(server);
    auto steps = strings(server, 300);
    const Talk talk(server);
    talk({"ACL", "SETUSER", "default", std::string("-") + right});
    const auto report = applying.run(std::move(steps));
    EXPECT_FALSE(report.complete);
    EXPECT_THAT(report.stopped_by, HasSubstr("right")) << right;
    EXPECT_EQ(report.removed, 0U);
    EXPECT_EQ(talk({"DBSIZE"}).integer, 300);
  }
}

// APPLY-7 F31: keys that the user may not touch fail alone, the others go
TEST(ExecuteFaults, keys_without_a_right_fail_alone) {
  for (const bool scripts : {true, false}) {
    RedisServer server;
    Applying applying(server);
    applying.options.scripts = scripts;
    auto steps = strings(server, 200);
    const Talk talk(server);
    talk({"SET", "secret", "v"});
    steps.insert(steps.begin() + 50, test::remove_string("secret"));
    talk({"ACL", "SETUSER", "default", "resetkeys", "~k:*", "~headroom:*"});
    const auto report = applying.run(std::move(steps));
    EXPECT_TRUE(report.complete) << report.stopped_by;
    EXPECT_EQ(report.removed, 200U);
    EXPECT_EQ(report.failed, 1U);
    EXPECT_EQ(talk({"DBSIZE"}).integer, 1);
  }
}

// HA-2 F29: another role, or another process: the run stops, and what is not known is not counted as done
TEST(ExecuteFaults, another_role_stops_the_run) {
  RedisServer server;
  Applying applying(server);
  auto steps = strings(server, 3'000);
  const Talk talk(server);
  at_permit(applying, 20, [&] { talk({"REPLICAOF", "127.0.0.1", "1"}); });
  const auto report = applying.run(std::move(steps));
  EXPECT_FALSE(report.complete);
  EXPECT_THAT(report.stopped_by, HasSubstr("replica"));
  EXPECT_GT(report.removed, 0U);
  EXPECT_GT(report.pending, 0U);
  EXPECT_EQ(static_cast<std::uint64_t>(talk({"DBSIZE"}).integer), 3'000 - report.removed);
}

// HA-2 APPLY-6 F28: a restarted server is another one; the tail of the journal says so
TEST(ExecuteFaults, another_process_stops_the_run) {
  RedisServer server;
  Applying applying(server);
  auto steps = strings(server, 3'000);
  at_permit(applying, 12, [&] { server.restart(); });
  const auto report = applying.run(std::move(steps));
  EXPECT_FALSE(report.complete);
  EXPECT_GT(report.unknown, 0U);
  EXPECT_LE(report.unknown, 100U);
  EXPECT_GT(report.pending, 0U);
  EXPECT_THAT(applying.entries.notes, testing::Contains(HasSubstr("come back")));
}

// HA-1 F28: a batch counts when a replica has it; none that answers: the run waits
TEST(ExecuteFaults, waits_for_its_replicas) {
  const int port = headroom::test::free_port();
  RedisServer server({"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"});
  RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(port)});
  const Talk talk(server);
  talk({"SET", "stays", "v"});
  while (talk({"WAIT", "1", "100"}).integer < 1) {
  }
  Applying applying(server);
  applying.options.replica_timeout = 100ms;
  auto steps = strings(server, 2'000);
  std::unique_ptr<Later> later;
  at_permit(applying, 12, [&] {
    ::kill(replica.pid(), SIGSTOP);
    later = std::make_unique<Later>(1000ms, [&] { ::kill(replica.pid(), SIGCONT); });
  });
  const auto report = applying.run(std::move(steps));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, 2'000U);
  EXPECT_GE(applying.pace.waited_for["replicas"], 300ms);
  EXPECT_EQ(Talk(replica)({"DBSIZE"}).integer, 1);
}

// APPLY-4 F39: a token that is another's now: nothing more is done
TEST(ExecuteFaults, does_nothing_without_the_lease) {
  for (const bool scripts : {true, false}) {
    RedisServer server;
    Applying applying(server);
    applying.options.fence_key = "headroom:lease";
    applying.options.fence_token = "token-7";
    applying.options.scripts = scripts;
    auto steps = strings(server, 3'000);
    const Talk talk(server);
    talk({"SET", "headroom:lease", "token-7 somebody"});
    at_permit(applying, 20, [&] { talk({"SET", "headroom:lease", "token-8 somebody else"}); });
    const auto report = applying.run(std::move(steps));
    EXPECT_FALSE(report.complete);
    EXPECT_THAT(report.stopped_by, HasSubstr("lease"));
    EXPECT_GT(report.removed, 0U);
    EXPECT_EQ(static_cast<std::uint64_t>(talk({"DBSIZE"}).integer), 3'001 - report.removed);
  }
}

// APPLY-8 THR-5: stopped between two batches: what was begun is ended, the rest is pending, and the sum is
// right
TEST_P(Hurrying, stops_when_told) {
  for (std::uint64_t n : {1U, 2U, 7U, 12U, 13U, 14U, 22U, 30U}) {
    RedisServer server;
    Applying applying(server);
    applying.pace.hurries = GetParam();
    auto steps = strings(server, 3'000);
    applying.pace.on_permit = [&] { return applying.pace.permits < n; };
    const auto report = applying.run(std::move(steps));
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.stopped_by, "told to");
    EXPECT_EQ(report.planned, 3'000U);
    EXPECT_EQ(report.planned, report.removed + report.pending);
    EXPECT_EQ(static_cast<std::uint64_t>(Talk(server)({"DBSIZE"}).integer), report.pending);
  }
}

// THR-4 F20: also while the server is away, which is waited for a minute otherwise
TEST(ExecuteFaults, stops_when_told_while_the_server_is_away) {
  RedisServer server;
  Applying applying(server);
  auto steps = strings(server, 1'000);
  at_permit(applying, 5, [&] {
    applying.pace.ended = true;
    ::kill(server.pid(), SIGKILL);
  });
  const auto report = applying.run(std::move(steps));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.stopped_by, "told to");
}

// APPLY-3 F23: never more than a hundred keys in one turn, seen by the server
TEST(ExecuteFaults, scripts_are_small) {
  RedisServer server({"--slowlog-log-slower-than", "0", "--slowlog-max-len", "100000"});
  Applying applying(server);
  auto steps = strings(server, 2'000);
  const auto report = applying.run(std::move(steps));
  EXPECT_EQ(report.removed, 2'000U);
  std::int64_t slowest = 0;
  int scripts = 0;
  for (const auto& entry : Talk(server)({"SLOWLOG", "GET", "-1"}).items) {
    const auto& words = entry.items[3].items;
    if (words[0].text != "EVALSHA") continue;
    ++scripts;
    slowest = std::max(slowest, entry.items[2].integer);
    EXPECT_LE(std::stoi(words[2].text), 100);
  }
  EXPECT_EQ(scripts, 20);
  RecordProperty("slowest_script_us", static_cast<int>(slowest));
}

}  // namespace
}  // namespace headroom::act
