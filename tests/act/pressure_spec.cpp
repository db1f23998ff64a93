#include "act/pressure.h"

#include <signal.h>

#include <fstream>

#include "fake_clock.h"
#include "pressure_kit.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;
using test::becomes;
using test::FakeClock;
using test::info;
using test::redis_cli;
using test::RedisServer;
using testing::HasSubstr;
using testing::IsEmpty;

/// A Pace and what it waited for. `on_wait` acts when a reason is first shown.
struct Pressed {
  explicit Pressed(const RedisServer& server, PressureLimits limits = {}, PressureParts parts = {},
                   const std::string& user = {}) {
    parts.cancellation = std::make_shared<wire::Cancellation>();
    parts.open = [endpoint = test::endpoint_of(server, user),
                  c = parts.cancellation]() -> Result<std::unique_ptr<wire::Link>> {
      auto opened = wire::Connection::open(endpoint, "headroom:test", {}, {}, c);
      if (!opened) return fail(opened.error());
      return std::unique_ptr<wire::Link>(*std::move(opened));
    };
    parts.on_wait = [this](std::string_view reason) {
      seen += std::string(reason) + "\n";
      if (on_wait && !reason.empty()) on_wait(reason);
    };
    parts.on_note = [this](std::string_view note) { notes += note; };
    auto pressed = press(limits, std::move(parts));
    if (!pressed) throw std::runtime_error(pressed.error().what);
    pace = *std::move(pressed);
  }
  bool goes_on() { return pace->permit().value() == Pace::Go::on; }

  std::string seen{}, notes{};
  std::function<void(std::string_view)> on_wait{};
  std::unique_ptr<Pace> pace{};
};

PressureParts with_clock(const FakeClock& time) {
  PressureParts parts;
  parts.clock = time.clock();
  return parts;
}

// THR-1: what a server does behind its own clock (syncing its AOF) is told by how long it kept us waiting.
TEST(Pressure, rests_from_what_it_waited_for_where_that_is_more) {
  const RedisServer server;
  const FakeClock time;
  Pressed pressed(server, {}, with_clock(time));
  ASSERT_TRUE(pressed.goes_on());
  FakeClock(time).pass(100ms);
  pressed.pace->served({1ms, 100ms, 100});
  ASSERT_TRUE(pressed.goes_on());
  EXPECT_GT(time.now->slept, 290ms);  // a PING's way is taken off
  EXPECT_LE(time.now->slept, 300ms);
}

// THR-2: nothing is waited for where nothing is wrong.
TEST(Pressure, a_calm_server_is_worked_on_at_once) {
  const RedisServer server;
  Pressed pressed(server);
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_EQ(pressed.seen, "");
  EXPECT_THAT(pressed.pace->waits(), IsEmpty());
}

// THR-1: the rest that the duty asks for is taken before the next batch, and counted.
TEST(Pressure, rests_three_times_as_long_as_it_was_busy) {
  const RedisServer server;
  const FakeClock time;
  Pressed pressed(server, {}, with_clock(time));
  ASSERT_TRUE(pressed.goes_on());
  FakeClock(time).pass(100ms);
  pressed.pace->served({100ms, 120us, 100});
  EXPECT_EQ(pressed.pace->batch(), 50);
  ASSERT_TRUE(pressed.goes_on());
  EXPECT_EQ(time.now->slept, 300ms);
  pressed.pace->waited("a replica", 7ms);
  const auto waits = pressed.pace->waits();
  ASSERT_EQ(waits.size(), 2);
  EXPECT_EQ(waits[0].length, 300ms);
  EXPECT_EQ(waits[1].reason, "a replica");
}

struct Pair {
  int port = headroom::test::free_port();
  RedisServer master;
  RedisServer replica;
  Pair()
      : master({"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"}),
        replica({"--replicaof", "127.0.0.1 " + std::to_string(port)}) {
    if (!becomes([&] { return info(master, "slave0").find("state=online") != std::string::npos; }))
      throw std::runtime_error("the replica does not get ready");
  }
  ~Pair() { ::kill(replica.pid(), SIGCONT); }
};

// THR-2 F26: a replica that hangs is waited for as soon as it is behind, and when it has not told for long.
TEST(Pressure, a_stopped_replica_is_waited_for) {
  const Pair pair;
  ::kill(pair.replica.pid(), SIGSTOP);
  headroom::test::fill(pair.master, "much", 5000);
  PressureLimits limits;
  limits.most_replica_lag = 20'000;
  Pressed behind(pair.master, limits);
  behind.on_wait = [&](std::string_view) { ::kill(pair.replica.pid(), SIGCONT); };
  EXPECT_TRUE(behind.goes_on());
  EXPECT_THAT(behind.seen, HasSubstr("a replica is behind: "));
  EXPECT_THAT(behind.seen, testing::EndsWith("\n\n"));  // going on

  ::kill(pair.replica.pid(), SIGSTOP);
  ASSERT_TRUE(becomes([&] { return info(pair.master, "slave0").find("lag=4") != std::string::npos; }));
  Pressed silent(pair.master);
  silent.on_wait = behind.on_wait;
  EXPECT_TRUE(silent.goes_on());
  EXPECT_THAT(silent.seen, HasSubstr("how far the replicas are behind is not known"));
  ASSERT_EQ(silent.pace->waits().size(), 1);
  EXPECT_GT(silent.pace->waits()[0].length, 0ms);
}

// THR-2 F27: while a fork is alive every change doubles memory.
TEST(Pressure, bgsave_and_aof_rewrite_are_waited_for) {
  for (const std::string fork : {"BGSAVE", "BGREWRITEAOF"}) {
    const RedisServer server({"--rdb-key-save-delay", "10000"});
    headroom::test::fill(server, "key", 100);
    redis_cli(server, {fork});
    const auto running = [&] {
      return info(server, "rdb_bgsave_in_progress") + info(server, "aof_rewrite_in_progress") != "00";
    };
    ASSERT_TRUE(becomes(running));
    Pressed pressed(server);
    EXPECT_TRUE(pressed.goes_on());
    EXPECT_FALSE(running());
    EXPECT_THAT(pressed.seen, HasSubstr(fork == "BGSAVE" ? "BGSAVE is running" : "AOF rewrite is running"));
  }
}

// THR-2 F27: a replica that is being filled costs the same.
TEST(Pressure, a_full_sync_is_waited_for) {
  const int port = headroom::test::free_port();
  const RedisServer master(
      {"--port", std::to_string(port), "--repl-diskless-sync-delay", "0", "--rdb-key-save-delay", "10000"});
  headroom::test::fill(master, "key", 100);
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(port)});
  ASSERT_TRUE(becomes([&] { return info(master, "connected_slaves") == "1"; }));
  Pressed pressed(master);
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_THAT(pressed.seen, testing::AnyOf(HasSubstr("BGSAVE"), HasSubstr("first copy")));
  EXPECT_THAT(info(master, "slave0"), HasSubstr("state=online"));
}

// THR-2 CONN-4 F31: without INFO nobody knows how the server bears it.
TEST(Pressure, a_user_without_info_waits_with_the_reason_until_it_has_the_right) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "-@all", "+ping", "+select"});
  Pressed pressed(server, {}, {}, "u");
  pressed.on_wait = [&](std::string_view) { redis_cli(server, {"ACL", "SETUSER", "u", "+info"}); };
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_THAT(pressed.seen, HasSubstr("INFO was answered with: NOPERM"));
}

// THR-2 CONN-5 F25: a server that cannot write to its disk says so to PING, and takes no changes.
TEST(Pressure, misconf_is_waited_for) {
  const RedisServer server({"--save", "3600 1", "--enable-protected-configs", "yes"});
  redis_cli(server, {"CONFIG", "SET", "dir", "/proc"});
  redis_cli(server, {"SET", "a", "1"});
  redis_cli(server, {"BGSAVE"});
  ASSERT_TRUE(becomes([&] { return info(server, "rdb_last_bgsave_status") == "err"; }));
  Pressed pressed(server);
  pressed.on_wait = [&](std::string_view) {
    redis_cli(server, {"CONFIG", "SET", "dir", server.folder()});
    redis_cli(server, {"BGSAVE"});
  };
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_THAT(pressed.seen, HasSubstr("PING was answered with: MISCONF"));
}

// THR-2 F23: while somebody's script runs, the server does not even tell how it is.
TEST(Pressure, a_server_busy_with_a_script_is_waited_for) {
  const RedisServer server({"--busy-reply-threshold", "20"});
  std::thread script([&] { redis_cli(server, {"EVAL", "while true do end", "0"}); });
  ASSERT_TRUE(becomes([&] { return redis_cli(server, {"PING"}).starts_with("BUSY"); }));
  Pressed pressed(server);
  pressed.on_wait = [&](std::string_view) { redis_cli(server, {"SCRIPT", "KILL"}); };
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_THAT(pressed.seen, HasSubstr("INFO was answered with: BUSY"));
  script.join();
}

// THR-4 F48: a stop file ends a wait, is honoured before any batch, and stays in force for the next run.
TEST(Pressure, a_stop_file_stops_a_run_that_waits_and_every_later_one) {
  const RedisServer server({"--rdb-key-save-delay", "100000"});
  headroom::test::fill(server, "key", 1000);
  redis_cli(server, {"BGSAVE"});
  PressureParts parts;
  parts.stop_files = {server.folder() + "/runs/none/stop", server.folder() + "/stop"};
  {
    Pressed pressed(server, {}, parts);
    std::chrono::steady_clock::time_point asked;
    pressed.on_wait = [&](std::string_view) {
      std::ofstream(parts.stop_files[1]) << "";
      asked = std::chrono::steady_clock::now();
    };
    EXPECT_FALSE(pressed.goes_on());
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 1s);  // THR-4
    EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr(server.folder() + "/stop"));
    EXPECT_FALSE(pressed.goes_on());
  }
  EXPECT_FALSE(Pressed(server, {}, parts).goes_on());
}

// THR-4 F21 F48: also while the server hangs, and nothing waits for it at the end.
TEST(Pressure, a_hanging_server_keeps_nobody_from_stopping) {
  const RedisServer server;
  bool stop = false;
  PressureParts parts;
  parts.interrupted = [&] { return stop; };
  std::chrono::steady_clock::time_point asked;
  {
    Pressed pressed(server, {}, parts);
    ASSERT_TRUE(pressed.goes_on());
    ::kill(server.pid(), SIGSTOP);
    pressed.on_wait = [&](std::string_view) { stop = true, asked = std::chrono::steady_clock::now(); };
    while (pressed.goes_on()) pressed.pace->served({1ms, 1ms, 10});
    EXPECT_THAT(pressed.seen, HasSubstr("no answer for"));
    EXPECT_EQ(pressed.pace->why_stopped(), "interrupted");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 2s);
  ::kill(server.pid(), SIGCONT);
}

// THR-2 F20: the connection for looking is made again; until then nothing is known.
TEST(Pressure, a_lost_connection_is_made_again) {
  RedisServer server;
  Pressed pressed(server);
  ASSERT_TRUE(pressed.goes_on());
  server.restart();
  ASSERT_TRUE(becomes([&] {
    pressed.goes_on();
    return redis_cli(server, {"CLIENT", "LIST"}).find("headroom:test") != std::string::npos;
  }));
  EXPECT_TRUE(pressed.goes_on());
}

// THR-3: the abort level is another than the pause level, and ends the run.
TEST(Pressure, answers_beyond_the_abort_level_end_the_run) {
  const RedisServer server;
  PressureLimits limits;
  limits.abort_round_trip = 0ms;
  Pressed pressed(server, limits);
  ASSERT_TRUE(becomes([&] { return !pressed.goes_on(); }));
  EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr("twice in a row"));
}

// HA-2 F29 F30: a master that becomes a replica is not worked on.
TEST(Pressure, a_demoted_master_ends_the_run) {
  const RedisServer server;
  Pressed pressed(server);
  ASSERT_TRUE(pressed.goes_on());
  redis_cli(server, {"REPLICAOF", "127.0.0.1", "1"});
  ASSERT_TRUE(becomes([&] { return !pressed.goes_on(); }));
  EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr("become a replica"));
}

// THR-5 F48: a run ends when its time is over.
TEST(Pressure, the_run_time_ends_the_run) {
  const RedisServer server;
  const FakeClock time;
  PressureLimits limits;
  limits.run_time = 60s;
  Pressed pressed(server, limits, with_clock(time));
  EXPECT_TRUE(pressed.goes_on());
  FakeClock(time).pass(60s);
  EXPECT_FALSE(pressed.goes_on());
  EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr("run time of 1 min"));
}

// THR-5 THR-2: outside its window a run waits, and not for ever.
TEST(Pressure, waits_outside_the_time_window_and_stops_when_that_lasts) {
  const RedisServer server;
  const FakeClock time;
  const auto wall = std::chrono::system_clock::to_time_t(time.clock().wall());
  std::tm local{};
  ::localtime_r(&wall, &local);
  const int minute = local.tm_hour * 60 + local.tm_min;
  PressureLimits limits;
  limits.windows = {{(minute + 5) % 1440, (minute + 7) % 1440}};
  Pressed pressed(server, limits, with_clock(time));
  EXPECT_TRUE(pressed.goes_on());
  EXPECT_THAT(pressed.seen, HasSubstr("outside the time window"));
  EXPECT_GE(time.now->slept, 4min);
  EXPECT_LE(time.now->slept, 5min);
  FakeClock(time).pass(3min);
  EXPECT_FALSE(pressed.goes_on());
  EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr("waited for 10 min"));
}

// LEASE-1 F39: a lost lease ends the run.
TEST(Pressure, a_lost_lease_ends_the_run) {
  const RedisServer server;
  const FakeClock time;
  auto lease = LeaseKeeper::take(test::open_at(server), "1", {15'000ms, time.clock()});
  ASSERT_TRUE(lease);
  auto parts = with_clock(time);
  parts.lease = lease->get();
  Pressed pressed(server, {}, parts);
  EXPECT_TRUE(pressed.goes_on());
  redis_cli(server, {"DEL", "headroom:lease"});
  FakeClock(time).pass(6s);
  EXPECT_FALSE(pressed.goes_on());
  EXPECT_THAT(pressed.pace->why_stopped(), HasSubstr("lease was lost"));
}

// CONN-4: a server that is not there is an error, not a wait.
TEST(Pressure, needs_a_server_to_begin) {
  PressureParts parts;
  parts.open = []() -> Result<std::unique_ptr<wire::Link>> {
    wire::Endpoint endpoint;
    endpoint.kind = wire::Endpoint::Kind::unix_socket;
    endpoint.path = "/nonexistent/redis.sock";
    auto opened = wire::Connection::open(endpoint, "headroom:test");
    if (!opened) return fail(opened.error());
    return std::unique_ptr<wire::Link>(*std::move(opened));
  };
  EXPECT_FALSE(press({}, parts));
}

}  // namespace
}  // namespace headroom::act
