#include "act/lease.h"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "fake_clock.h"
#include "pressure_kit.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using test::becomes;
using test::FakeClock;
using test::open_at;
using test::redis_cli;
using test::RedisServer;
using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<LeaseKeeper> taken(const RedisServer& server, const std::string& run,
                                   LeaseOptions options = {}, const std::string& user = {}) {
  auto keeper = LeaseKeeper::take(open_at(server, user), run, std::move(options));
  if (!keeper) throw std::runtime_error(keeper.error().what);
  return *std::move(keeper);
}

bool kept(LeaseKeeper& keeper) { return keeper.keep().value(); }

// LEASE-1 F40 A99: one applier per master; who comes second learns who the first is.
TEST(Lease, second_keeper_is_refused_and_told_who_is_at_work) {
  const RedisServer server;
  const auto first = taken(server, "1f3c");
  EXPECT_THAT(redis_cli(server, {"GET", "headroom:lease"}), StartsWith(first->lease().token + " "));
  EXPECT_THAT(redis_cli(server, {"GET", "headroom:lease"}), HasSubstr("run 1f3c"));
  EXPECT_GT(std::stoi(redis_cli(server, {"PTTL", "headroom:lease"})), 0);
  const auto second = LeaseKeeper::take(open_at(server), "2222");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().exit, Exit::refused);
  EXPECT_THAT(second.error().what, HasSubstr("run 1f3c"));
  EXPECT_THAT(second.error().what, HasSubstr("pid " + std::to_string(::getpid())));
  first->release();
  EXPECT_EQ(redis_cli(server, {"EXISTS", "headroom:lease"}), "0");
  const auto third = taken(server, "3333");
  EXPECT_NE(third->lease().token, first->lease().token);
  EXPECT_EQ(third->lease().token.size(), first->lease().token.size());
}

// LEASE-1 F39: who was away for too long finds that another one took over, and has lost for good.
TEST(Lease, a_holder_that_slept_loses_it_and_does_not_remove_the_other_ones) {
  const RedisServer server;
  const FakeClock time;
  const auto first = taken(server, "1", {150ms, time.clock()});
  ASSERT_TRUE(becomes([&] { return redis_cli(server, {"EXISTS", "headroom:lease"}) == "0"; }));
  const auto second = taken(server, "2");
  FakeClock(time).pass(60ms);  // by our clock it still has time, as after a SIGSTOP that no clock told us of
  EXPECT_FALSE(kept(*first));
  EXPECT_FALSE(kept(*first));
  first->release();
  EXPECT_THAT(redis_cli(server, {"GET", "headroom:lease"}), StartsWith(second->lease().token));
  EXPECT_TRUE(kept(*second));
}

// LEASE-1 F39 F35: the monotonic clock stands still while a machine sleeps, the wall clock does not.
TEST(Lease, two_thirds_of_its_life_without_renewal_end_it_by_either_clock) {
  const RedisServer server;
  for (const bool wall : {false, true}) {
    const FakeClock time;
    const auto keeper = taken(server, "1", {15'000ms, time.clock()});
    (wall ? time.now->wall : time.now->steady) += 9'999ms;
    EXPECT_TRUE(kept(*keeper));  // by the wall clock nothing is due: it may have been set
    (wall ? time.now->wall : time.now->steady) += wall ? 1ms : 10'000ms;
    EXPECT_FALSE(kept(*keeper));
    redis_cli(server, {"DEL", "headroom:lease"});
  }
}

// LEASE-1: it lives as long as it is kept.
TEST(Lease, renewal_lengthens_its_life) {
  const RedisServer server;
  const FakeClock time;
  const auto keeper = taken(server, "1", {15'000ms, time.clock()});
  redis_cli(server, {"PEXPIRE", "headroom:lease", "4000"});
  EXPECT_TRUE(kept(*keeper));  // not due
  EXPECT_LE(std::stoi(redis_cli(server, {"PTTL", "headroom:lease"})), 4000);
  FakeClock(time).pass(5s);
  EXPECT_TRUE(kept(*keeper));
  EXPECT_GT(std::stoi(redis_cli(server, {"PTTL", "headroom:lease"})), 10'000);
  FakeClock(time).pass(6s);
  redis_cli(server, {"DEL", "headroom:lease"});
  EXPECT_FALSE(kept(*keeper));
}

// LEASE-1 F20: a broken connection is no lost lease.
TEST(Lease, is_renewed_over_a_new_connection_when_the_old_one_was_killed) {
  const RedisServer server;
  const FakeClock time;
  const auto keeper = taken(server, "1", {15'000ms, time.clock()});
  redis_cli(server, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  FakeClock(time).pass(5s);
  EXPECT_TRUE(kept(*keeper));  // found broken
  EXPECT_TRUE(kept(*keeper));  // renewed
  FakeClock(time).pass(7s);
  EXPECT_TRUE(kept(*keeper));
}

// LEASE-1 F24: at maxmemory too.
TEST(Lease, works_at_maxmemory) {
  const RedisServer server;
  const FakeClock time;
  redis_cli(server, {"CONFIG", "SET", "maxmemory", "1"});
  const auto keeper = taken(server, "1", {15'000ms, time.clock()});
  EXPECT_EQ(keeper->note(), "");
  EXPECT_THAT(redis_cli(server, {"GET", "headroom:lease"}), StartsWith(keeper->lease().token));
  EXPECT_FALSE(LeaseKeeper::take(open_at(server), "2"));
  FakeClock(time).pass(5s);
  EXPECT_TRUE(kept(*keeper));
  FakeClock(time).pass(9s);
  EXPECT_TRUE(kept(*keeper));
  keeper->release();
  EXPECT_EQ(redis_cli(server, {"EXISTS", "headroom:lease"}), "0");
}

// LEASE-1 F24 F31: where nothing can be written, the run goes on with the local lock and says so.
TEST(Lease, at_maxmemory_without_scripts_there_is_none_and_it_is_said) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "~*", "+@all", "-eval"});
  redis_cli(server, {"CONFIG", "SET", "maxmemory", "1"});
  const auto keeper = taken(server, "1", {}, "u");
  EXPECT_EQ(keeper->lease().key, "");
  EXPECT_THAT(keeper->note(), HasSubstr("maxmemory"));
  EXPECT_TRUE(kept(*keeper));
  keeper->release();
}

// LEASE-1 F31: without scripts it is released by WATCH.
TEST(Lease, needs_no_scripts) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "~headroom:*", "-@all", "+set", "+get",
                     "+pexpire", "+watch", "+multi", "+exec", "+unlink"});
  const FakeClock time;
  const auto keeper = taken(server, "1", {15'000ms, time.clock()}, "u");
  EXPECT_EQ(keeper->lease().token.size(), 37);
  FakeClock(time).pass(6s);
  EXPECT_TRUE(kept(*keeper));
  keeper->release();
  EXPECT_EQ(redis_cli(server, {"EXISTS", "headroom:lease"}), "0");
}

// LEASE-1 F38 F40: a run that was killed need not be waited for; one that lives, or ran elsewhere, must be.
TEST(Lease, of_a_dead_process_of_this_machine_is_taken_over) {
  const RedisServer server;
  const auto holder = taken(server, "1")->lease().holder;  // left behind, as by kill -9
  const auto value = redis_cli(server, {"GET", "headroom:lease"});
  EXPECT_FALSE(LeaseKeeper::take(open_at(server), "2")) << "its process lives";
  const auto pid = " pid " + std::to_string(::getpid()) + " ";
  auto dead = value;
  dead.replace(dead.find(pid), pid.size(), " pid 4194304 ");  // beyond the largest there can be
  auto elsewhere = dead;
  elsewhere.replace(elsewhere.find('@'), 1, "@another-");
  redis_cli(server, {"SET", "headroom:lease", elsewhere, "PX", "60000"});
  EXPECT_FALSE(LeaseKeeper::take(open_at(server), "3"));
  redis_cli(server, {"SET", "headroom:lease", dead, "PX", "60000"});
  const auto next = LeaseKeeper::take(open_at(server), "4");
  ASSERT_TRUE(next) << next.error().what;
  EXPECT_THAT(redis_cli(server, {"GET", "headroom:lease"}), testing::StartsWith((*next)->lease().token));
}

// LEASE-1 F31: a user without the right to it is told which right is missing.
TEST(Lease, is_refused_with_the_right_that_is_missing) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "~bull:*", "+@all"});
  const auto keeper = LeaseKeeper::take(open_at(server, "u"), "1");
  ASSERT_FALSE(keeper);
  EXPECT_THAT(keeper.error().remedy, HasSubstr("~headroom:*"));
}

/// A folder of its own that is gone with the server; the server is not used.
struct Folder {
  RedisServer server;
  std::string lock() const { return server.folder() + "/lock"; }
};

// LEASE-1 F40: two runs of one machine, whatever servers they are for.
TEST(LocalLock, keeps_a_second_run_away_and_says_who_holds_it) {
  const Folder state;
  {
    const auto first = LocalLock::take(state.server.folder(), "1f3c");
    ASSERT_TRUE(first);
    const auto second = LocalLock::take(state.server.folder(), "2");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().exit, Exit::refused);
    EXPECT_THAT(second.error().what, HasSubstr("run 1f3c"));
  }
  EXPECT_TRUE(LocalLock::take(state.server.folder(), "2"));
}

// LEASE-1 F38: a lock file that a dead process left never blocks.
TEST(LocalLock, a_stale_file_does_not_block) {
  const Folder state;
  std::ofstream(state.lock()) << "somebody@elsewhere pid 1 run dead\n";
  std::filesystem::permissions(state.lock(), std::filesystem::perms(0600));
  EXPECT_TRUE(LocalLock::take(state.server.folder(), "1"));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = LocalLock::take(state.server.folder(), "killed");
    ::kill(::getpid(), held ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  std::ifstream left(state.lock());
  std::string line;
  std::getline(left, line);
  EXPECT_THAT(line, HasSubstr("run killed"));
  EXPECT_TRUE(LocalLock::take(state.server.folder(), "2"));
}

}  // namespace
}  // namespace headroom::act
