#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "kit/running_program.h"
#include "live/audited.h"
#include "live/live_work.h"

// Nothing is lost (issue 4): real workers at full load, every job accounted for, while headroom cleans with
// rules as bold as they can be and is killed at any moment. Seconds per test: HEADROOM_FIRE_SECONDS (25).
namespace headroom::test {
namespace {

using std::chrono::steady_clock;

std::chrono::seconds fire_seconds() {
  const char* text = std::getenv("HEADROOM_FIRE_SECONDS");
  return std::chrono::seconds(text == nullptr ? 10 : std::stoi(text));
}

constexpr auto boldest_policy = R"toml(
[bull]
completed = { count = 0 }
failed = { count = 0 }
event_entries = 100
orphan_age = "1m"
[celery]
result_age = "1s"
result_ttl = "60s"
[limits]
share = "100%"
keys = 100000000
[pace]
duty = "100%"
)toml";

/// Cleans again and again, by the program a user would run; every other run is killed in the middle.
class Cleaning {
 public:
  Cleaning(std::string folder, std::string url) : folder_(std::move(folder)), url_(std::move(url)) {
    std::ofstream(folder_ + "/headroom.toml") << boldest_policy;
  }

  void once() {
    if (std::getenv("HEADROOM_CONTROL") != nullptr) {
      ++whole_, ++killed_, ++runs_;
      return std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    const auto ms = std::uniform_int_distribution<int>(5, 900)(dice_);
    const bool kill = runs_++ % 2 == 1;
    std::vector<std::string> words{"timeout", "-s", "KILL", kill ? std::to_string(ms / 1000.0) : "60"};
    words.insert(words.end(), {HEADROOM_PROGRAM, "clean", url_, "--yes", "--policy",
                               folder_ + "/headroom.toml", "--state", folder_ + "/state"});
    const auto done = run(words);
    if (done.status == 137) ++killed_;
    if (done.status == 0) ++whole_;
    last_ = done;
  }

  void for_a_while(std::chrono::seconds length) {
    for (const auto end = steady_clock::now() + length; steady_clock::now() < end;) once();
  }

  int runs() const { return runs_; }
  int killed() const { return killed_; }
  int whole() const { return whole_; }
  const Finished& last() const { return last_; }

 private:
  std::string folder_, url_;
  std::mt19937 dice_{20261127};
  int runs_ = 0, killed_ = 0, whole_ = 0;
  Finished last_{};
};

std::vector<std::string> roots_of(const Json& report) {
  std::vector<std::string> roots;
  for (const auto& queue : report["queues"]) roots.push_back(queue["root"]);
  return roots;
}

/// No id of any state without its job, finished ones included.
void expect_no_dangling_id(const RedisServer& server, const std::vector<std::string>& roots) {
  for (const auto& [job, whole] : live_work(server, roots)) EXPECT_TRUE(whole) << job << " has no job";
  for (const auto& root : roots)
    for (const std::string state : {"completed", "failed"})
      EXPECT_EQ(
          redis_cli(
              server,
              {"EVAL",
               "local n = 0 for _, id in ipairs(redis.call('ZRANGE', ARGV[1] .. ':' .. ARGV[2], 0, -1)) "
               "do n = n + 1 - redis.call('EXISTS', ARGV[1] .. ':' .. id) end return n",
               "0", root, state}),
          "0")
          << root << " " << state;
}

void expect_all_ran(const Json& report, bool exactly) {
  EXPECT_EQ(report["nobodys"], 0) << "jobs ran with data that is not theirs";
  for (const auto& queue : report["queues"]) {
    SCOPED_TRACE(queue.dump());
    EXPECT_EQ(queue["too_few"], 0);
    if (exactly) {
      EXPECT_EQ(queue["too_often"], 0);
      EXPECT_EQ(queue["executions"], queue["expected"]);
    }
    EXPECT_GT(queue["added"], 30);
    if (queue["ticks"] > 0) {
      EXPECT_LT(queue["tick_age_ms"], 15'000) << "its scheduler has stopped";
    }
  }
}

void say(const Cleaning& cleaning, const Json& report) {
  std::uint64_t jobs = 0;
  for (const auto& queue : report["queues"]) jobs += queue["executions"].get<std::uint64_t>();
  std::cout << cleaning.runs() << " runs, " << cleaning.whole() << " whole, " << cleaning.killed()
            << " killed; " << jobs << " executions meanwhile\n";
}

/// What BullMQ loses by itself is left out (told by HEADROOM_CONTROL). Where the server dies, version 4 may
/// leave a job undone: its worker forgets a job whose end was not confirmed. Where the master is demoted,
/// FlowProducer of version 6 takes flows for added that the server refused with READONLY.
std::vector<std::string> accounted_bullmq(const std::string& url, const std::vector<std::string>& more = {}) {
  std::vector<std::string> command{"node", HEADROOM_TREE "/tests/live/producers/bullmq_accounted.mjs",
                                   "--url", url};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}
const std::vector<std::string> newer{"--libraries", "bullmq6,bullmq5"};
const std::vector<std::string> newer_without_flows{"--libraries", "bullmq6,bullmq5", "--no-flows"};

void wait_until(const RedisServer& server, const std::string& section, const std::string& has) {
  for (int tries = 0; tries < 200; ++tries) {
    if (redis_cli(server, {"INFO", section}).find(has) != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("INFO " + section + " never had " + has);
}

// F38 A87 A88 A102: kill -9 of headroom at any moment, at full load: the service does not notice.
TEST(NothingLost, of_bullmq_jobs_while_clean_is_killed_again_and_again) {
  RedisServer server;
  RunningProgram load(accounted_bullmq(server.url()));
  const auto roots = roots_of(Json::parse(load.line()));
  Cleaning cleaning(server.folder(), server.url());
  cleaning.for_a_while(fire_seconds());
  load.end_input();
  const auto report = Json::parse(load.line());
  expect_all_ran(report, true);
  expect_no_dangling_id(server, roots);
  EXPECT_GT(cleaning.whole(), 0) << cleaning.last().out << cleaning.last().err;
  EXPECT_GT(cleaning.killed(), 0);
  say(cleaning, report);
}

// F15 F20: the server itself is killed and comes back with what it had synced.
TEST(NothingLost, of_bullmq_jobs_while_redis_is_restarted) {
  RedisServer server(
      {"--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"});
  RunningProgram load(accounted_bullmq(server.url(), newer));
  const auto roots = roots_of(Json::parse(load.line()));
  Cleaning cleaning(server.folder(), server.url());
  for (int restarts = 0; restarts < 3; ++restarts) {
    cleaning.for_a_while(fire_seconds() / 5);
    server.restart();
  }
  cleaning.for_a_while(fire_seconds() / 5);
  load.end_input();
  const auto report = Json::parse(load.line());
  expect_all_ran(report, false);  // a worker whose server dies may do its job again: with headroom or without
  expect_no_dangling_id(server, roots);
  say(cleaning, report);
}

// F29 HA-2: the replica takes over, and answers where the master did.
TEST(NothingLost, of_bullmq_jobs_while_a_replica_is_promoted) {
  const auto port = std::to_string(free_port()), later = std::to_string(free_port());
  RedisServer master({"--port", port, "--repl-diskless-sync-delay", "0"});
  RedisServer replica({"--port", later, "--replicaof", "127.0.0.1", port});
  wait_until(replica, "replication", "master_link_status:up");
  const auto url = "redis://127.0.0.1:" + port;
  RunningProgram load(accounted_bullmq(url, newer_without_flows));
  const auto roots = roots_of(Json::parse(load.line()));
  Cleaning cleaning(master.folder(), url);
  cleaning.for_a_while(fire_seconds() / 3);
  redis_cli(master, {"FAILOVER", "TO", "127.0.0.1", later});
  wait_until(master, "replication", "role:slave");
  redis_cli(master, {"CONFIG", "SET", "port", std::to_string(free_port())});
  redis_cli(replica, {"CONFIG", "SET", "port", port});
  redis_cli(master, {"CLIENT", "KILL", "TYPE", "normal"});
  cleaning.for_a_while(fire_seconds() / 3);
  load.end_input();
  const auto report = Json::parse(load.line());
  expect_all_ran(report, false);
  expect_no_dangling_id(replica, roots);
  EXPECT_GT(cleaning.whole(), 1) << cleaning.last().out << cleaning.last().err;
  say(cleaning, report);
}

// A197 A199: results that somebody waits for, tasks that are retried, delayed or part of a chord.
TEST(NothingLost, of_celery_tasks_and_their_answers) {
  RedisServer server;
  RunningProgram load(
      {"/usr/bin/python3", HEADROOM_TREE "/tests/live/producers/celery_accounted.py", "--url", server.url()});
  load.line();
  Cleaning cleaning(server.folder(), server.url());
  cleaning.for_a_while(fire_seconds());
  load.end_input();
  const auto report = Json::parse(load.line());
  EXPECT_EQ(report["too_few"], 0) << report;
  EXPECT_EQ(report["too_often"], 0) << report;
  EXPECT_EQ(report["foreign"], 0) << report;
  EXPECT_EQ(report["wrong_answers"].size(), 0U) << report;
  EXPECT_GT(report["answers"], 50) << report;
  std::cout << cleaning.runs() << " runs, " << cleaning.killed() << " killed; " << report << "\n";
}

}  // namespace
}  // namespace headroom::test
