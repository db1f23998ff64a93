#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>

#include "snapshot_kit.h"

namespace headroom::source {
namespace {

using headroom::test::free_port;
using test::Arguments;
using test::becomes;
using test::endpoint_of;
using test::expect_left;
using test::expect_true_copy;
using test::load;
using test::redis_cli;
using test::RedisServer;
using test::server_with;
using test::take_all;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Role = SnapshotRisk::Role;
constexpr std::uint64_t giga = 1'000'000'000;

/// A server that answers INFO with a text of ours, for sizes that no test can fill, and refuses the rest.
class CannedServer final : public wire::Link {
 public:
  explicit CannedServer(std::string info) : info_(std::move(info)) {}
  Result<wire::Reply> call(wire::Command command) override {
    wire::Reply reply;
    const bool known = command[0] == "INFO";
    reply.kind = known ? wire::Reply::Kind::text : wire::Reply::Kind::error;
    reply.text = known ? info_ : "NOPERM this user has no permissions";
    return reply;
  }
  void queue(wire::Command) override { FAIL(); }
  Result<bool> flush() override { return true; }
  Result<std::reference_wrapper<const wire::Reply>> read() override { return fail({"nothing asked"}); }
  std::size_t pending() const override { return 0; }

 private:
  std::string info_;
};

SnapshotRisk risk_from(const std::string& info) {
  CannedServer server(info);
  return assess(server).value();
}

/// 1 GB resident of 4 GB, 1000 commands a second.
std::string calm(const std::string& more = "") {
  return "role:master\r\nused_memory:900000000\r\nused_memory_rss:1000000000\r\n"
         "total_system_memory:4000000000\r\ninstantaneous_ops_per_sec:1000\r\nrdb_last_bgsave_time_sec:-"
         "1\r\n" +
         more;
}

SnapshotRisk risk_of(const RedisServer& server) {
  const auto connection = wire::Connection::open(endpoint_of(server), "test");
  return assess(**connection).value();
}

std::string all(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

TEST(SnapshotRisk, reads_what_a_real_server_tells) {
  const auto server = server_with({"--repl-diskless-sync-delay", "7"});
  load(*server, 1000);
  const auto risk = risk_of(*server);
  EXPECT_EQ(risk.role, Role::master);
  EXPECT_THAT(risk.replicas, IsEmpty());
  EXPECT_EQ(risk.replication_id, test::info(*server, "master_replid"));
  EXPECT_EQ(risk.keys, 1005U);
  EXPECT_EQ(risk.diskless, true);
  EXPECT_EQ(risk.diskless_delay.count(), 7);
  EXPECT_FALSE(risk.child_running);
  EXPECT_EQ(std::to_string(risk.system_memory.value().count), test::info(*server, "total_system_memory"));
  EXPECT_TRUE(risk.writes_per_second);
  EXPECT_FALSE(risk.last_fork) << "it has not forked yet";
  EXPECT_FALSE(danger(risk, ""));
  redis_cli(*server, {"BGSAVE"});
  ASSERT_TRUE(becomes(*server, "rdb_bgsave_in_progress", "0"));
  EXPECT_TRUE(risk_of(*server).last_fork);
}

TEST(SnapshotRisk, likely_copies_follow_the_law_of_the_reference) {
  // memory-model.md B.1: 1 - exp(-10240 * 1000 / 100e6) = 9.733 % of 1 GB.
  const auto risk = risk_from(calm());
  EXPECT_NEAR(static_cast<double>(risk.likely_copy.value().count), 97.33e6, 0.01e6);
  EXPECT_EQ(risk.worst_copy.value().count, giga);
  EXPECT_EQ(risk.free.value().count, 3 * giga);
  EXPECT_FALSE(danger(risk, ""));
  // The last BGSAVE took 50 s, so 20 MB/s: 1 - exp(-0.512) = 40.07 %.
  const auto slow = risk_from("rdb_last_bgsave_time_sec:50\r\n" + calm());
  EXPECT_NEAR(static_cast<double>(slow.likely_copy.value().count), 400.7e6, 0.1e6);
  // 5 000 changes a second in the 100 s since the last save are more than the 1000 commands of just now:
  // 1 - exp(-0.512).
  const auto busy =
      risk_from(calm("rdb_changes_since_last_save:500000\r\nrdb_last_save_time:1700000000\r\n"
                     "server_time_usec:1700000100000000\r\n"));
  EXPECT_NEAR(static_cast<double>(busy.likely_copy.value().count), 400.7e6, 0.1e6);
  const auto seen = risk_from(calm("rdb_last_cow_size:1\r\naof_last_cow_size:600000000\r\n"));
  EXPECT_EQ(seen.likely_copy.value().count, 600'000'000U) << "what has been seen may come again";
}

TEST(SnapshotRisk, a_fork_that_may_need_more_than_is_free_is_refused) {
  const auto risk =
      risk_from("instantaneous_ops_per_sec:30000\r\ntotal_system_memory:1500000000\r\n" + calm());
  const auto error = danger(risk, "redis://db/0");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit, Exit::refused);
  EXPECT_EQ(error->where, "redis://db/0");
  EXPECT_THAT(error->what,
              HasSubstr("a fork may need 909 MiB for changed pages, and 477 MiB are free at most"));
  EXPECT_THAT(error->remedy, HasSubstr("--force"));
  EXPECT_FALSE(danger(risk_from("total_system_memory:1500000000\r\n" + calm()), ""))
      << "few writes need less";
}

TEST(SnapshotRisk, what_is_not_known_counts_as_dangerous) {
  EXPECT_THAT(danger(risk_from(""), "").value().what, HasSubstr("does not tell"));
  EXPECT_THAT(danger(risk_from("total_system_memory:0\r\n" + calm()), "").value().what,
              HasSubstr("does not tell"));
  const auto risk = risk_from("instantaneous_ops_per_sec:x\r\n" + calm());
  EXPECT_EQ(risk.likely_copy, risk.worst_copy) << "without a rate of writes: all of it";
  EXPECT_THAT(all(cost_in_words(risk_from(""))), HasSubstr("unknown"));
}

TEST(SnapshotRisk, a_swapped_server_is_refused) {
  const auto error = danger(risk_from("used_memory:2000000000\r\n" + calm()), "");
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what, HasSubstr("954 MiB resident of 1.86 GiB"));
  EXPECT_FALSE(danger(risk_from("used_memory:1050000000\r\n" + calm()), "")) << "a little is usual";
}

// A real Sentinel subscribes to this channel on every server that it watches, and it takes every line
// "slaveN:" of a master's INFO for a replica.
TEST(SnapshotRisk, a_master_that_sentinels_watch_is_refused_and_its_replica_is_not) {
  const auto server = server_with();
  const auto sentinel = wire::Connection::open(endpoint_of(*server), "test").value();
  sentinel->queue(std::array<std::string_view, 2>{"SUBSCRIBE", "__sentinel__:hello"});
  ASSERT_TRUE(sentinel->flush());
  auto risk = risk_of(*server);
  for (int i = 0; i < 100 && risk.sentinels == 0; ++i) risk = risk_of(*server);
  EXPECT_EQ(risk.sentinels, 1U);
  EXPECT_THAT(danger(risk, "").value().what, HasSubstr("1 Sentinel watches this master"));
  risk.role = Role::replica;
  EXPECT_FALSE(danger(risk, ""));
}

TEST(SnapshotRisk, a_list_of_replicas_may_say_anything) {
  std::string info = "role:master\r\n";
  info += "slave0:ip=10.0.0.2,port=6380,state=online,offset=4711,lag=1\r\n";
  info += "slave1:ip=\x1b[2J,port=70000,state=online,offset=-1,lag=-1\r\n";
  info += "slave2:,,,=,==,port=,type=replica,state=online\r\n";
  for (int i = 3; i < 1000; ++i) info += "slave" + std::to_string(i) + ":x\r\n";
  const auto risk = risk_from(info);
  ASSERT_EQ(risk.replicas.size(), 64U);
  const auto& good = risk.replicas[0];
  EXPECT_EQ(good.host, "10.0.0.2");
  EXPECT_EQ(good.port, 6380);
  EXPECT_TRUE(good.online);
  EXPECT_EQ(good.offset, 4711U);
  EXPECT_EQ(good.lag, std::chrono::seconds(1));
  EXPECT_EQ(risk.replicas[1].port, 0);
  EXPECT_FALSE(risk.replicas[1].lag);
  EXPECT_FALSE(risk.replicas[3].online);
}

TEST(SnapshotRisk, tells_the_operator_what_it_may_cost) {
  auto risk = risk_from(calm("latest_fork_usec:14500\r\ndb0:keys=5000000,expires=0,avg_ttl=0\r\n"));
  EXPECT_THAT(cost_in_words(risk)[0],
              testing::StrEq(
                  "the fork of 954 MiB (5 000 000 keys) stops the server for about 13 ms to 16 ms (13-16 ms "
                  "per GB measured); its last fork took 14 ms"));
  EXPECT_THAT(cost_in_words(risk)[1],
              HasSubstr("likely up to 92.8 MiB (if at most 1000 writes a second go on), "
                        "at the very most 954 MiB; free are 2.79 GiB at most"));
  EXPECT_THAT(cost_in_words(risk)[2], HasSubstr("CONFIG GET is not allowed"));
  risk.diskless = false, risk.child_running = true, risk.maxmemory = Bytes{1 << 30};
  EXPECT_THAT(cost_in_words(risk)[1], HasSubstr("on top of its maxmemory of 1.00 GiB"));
  EXPECT_THAT(all(cost_in_words(risk)), HasSubstr("writes the snapshot to its disk first"));
  EXPECT_THAT(all(cost_in_words(risk)), HasSubstr("begins when it has ended"));
}

/// A master on TCP and a replica of it.
class Pair : public testing::Test {
 protected:
  explicit Pair() {
    master_port_ = free_port();
    master_ = server_with({"--port", std::to_string(master_port_)});
    load(*master_, 1000);
  }
  void follow(const Arguments& more = {}) {
    replica_port_ = free_port();
    Arguments arguments{"--port", std::to_string(replica_port_), "--replicaof", "127.0.0.1",
                        std::to_string(master_port_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    replica_ = server_with(arguments);
    ASSERT_TRUE(in_sync());
  }
  bool in_sync() const {
    for (int i = 0; i < 1000; ++i) {
      const auto text = redis_cli(*master_, {"INFO", "replication"});
      if (text.find("state=online") != text.npos && text.find("lag=-") == text.npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  wire::Endpoint master() const {
    wire::Endpoint endpoint;
    endpoint.port = static_cast<std::uint16_t>(master_port_);
    return endpoint;
  }

  int master_port_ = 0, replica_port_ = 0;
  std::unique_ptr<RedisServer> master_{}, replica_{};
};

TEST_F(Pair, the_replica_gives_the_snapshot_of_its_master) {
  follow();
  for (const auto& target : {master(), endpoint_of(*master_)}) {
    const auto plan = plan_snapshot(target);
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_FALSE(plan->from_target) << all(plan->passed_over);
    EXPECT_EQ(plan->source.redacted(), "redis://127.0.0.1:" + std::to_string(replica_port_) + "/0");
    EXPECT_EQ(plan->risk.role, Role::replica);
    EXPECT_TRUE(plan->risk.linked_to_master);
  }
  auto snapshot = open_snapshot(plan_snapshot(master()).value());
  ASSERT_TRUE(snapshot) << snapshot.error().what;
  ASSERT_TRUE(snapshot->input) << snapshot->refusal.error.what;
  const auto taken = take_all(*snapshot->input);
  EXPECT_FALSE(taken.error);
  expect_left(*replica_);
  EXPECT_EQ(test::info(*master_, "connected_slaves"), "1");
  expect_true_copy(taken.bytes, *master_);
}

TEST_F(Pair, a_replica_as_target_is_used_itself) {
  follow();
  const auto plan = plan_snapshot(endpoint_of(*replica_));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->from_target);
  EXPECT_EQ(plan->source.path, replica_->socket_path());
  auto snapshot = open_snapshot(*plan);
  ASSERT_TRUE(snapshot && snapshot->input);
  expect_true_copy(take_all(*snapshot->input).bytes, *master_);
}

TEST_F(Pair, without_a_replica_or_the_wish_for_one_the_target_serves) {
  const auto alone = plan_snapshot(master());
  ASSERT_TRUE(alone);
  EXPECT_TRUE(alone->from_target);
  EXPECT_THAT(alone->passed_over, IsEmpty());
  EXPECT_THAT(all(cost_in_words(alone->risk)), HasSubstr("it has no replica yet"));
  follow();
  ReplicaSnapshotOptions options;
  options.prefer_replica = false;
  EXPECT_TRUE(plan_snapshot(master(), options).value().from_target);
}

TEST_F(Pair, a_replica_with_another_password_or_that_is_stuck_is_passed_over) {
  follow({"--requirepass", "other"});
  auto plan = plan_snapshot(master());
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->from_target);
  EXPECT_THAT(plan->passed_over, ElementsAre(HasSubstr("asks for a password")));
  replica_.reset();
  follow();
  ::kill(replica_->pid(), SIGSTOP);
  plan = plan_snapshot(master());
  ::kill(replica_->pid(), SIGCONT);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->from_target);
  EXPECT_THAT(plan->passed_over, Contains(HasSubstr("did not answer in time")));
}

// What a replica says of its address is not proof: the login of a Unix socket leaves the machine for nobody.
TEST_F(Pair, an_address_elsewhere_gets_no_login_meant_for_a_Unix_socket) {
  follow({"--replica-announce-ip", "192.0.2.1"});
  const auto plan = plan_snapshot(endpoint_of(*master_));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->from_target);
  EXPECT_THAT(plan->passed_over, ElementsAre(HasSubstr("on another machine")));
  const auto by_network = plan_snapshot(master());
  ASSERT_TRUE(by_network);
  EXPECT_TRUE(by_network->from_target);
  EXPECT_THAT(by_network->passed_over, ElementsAre(HasSubstr("redis://192.0.2.1:")));
}

TEST_F(Pair, dangerous_snapshots_need_force) {
  auto plan = plan_snapshot(master()).value();
  plan.risk.free = Bytes{0}, plan.risk.likely_copy = Bytes{giga};
  const auto refused = open_snapshot(plan);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_EQ(test::info(*master_, "sync_full"), "0") << "nothing was asked of the server";
  ReplicaSnapshotOptions options;
  options.force = true;
  const auto forced = open_snapshot(plan, options);
  ASSERT_TRUE(forced && forced->input);
  EXPECT_EQ(test::info(*master_, "sync_full"), "1");
}

}  // namespace
}  // namespace headroom::source
