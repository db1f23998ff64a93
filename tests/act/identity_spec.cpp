#include "act/identity.h"

#include "pressure_kit.h"

namespace headroom::act {
namespace {

using test::becomes;
using test::connect;
using test::info;
using test::redis_cli;
using test::RedisServer;
using testing::HasSubstr;

PlanServer look(const RedisServer& server) {
  auto found = identify(*connect(server), "redis://here");
  if (!found) throw std::runtime_error(found.error().what);
  return *found;
}

// PLAN-2: a plan is bound to the process and the data it was made for.
TEST(Identity, tells_what_the_server_says_of_itself) {
  const RedisServer server({"--maxmemory", "50mb", "--maxmemory-policy", "volatile-lru"});
  headroom::test::fill(server, "a", 7);
  headroom::test::fill(server, "b", 5, 3);
  const auto found = look(server);
  EXPECT_EQ(found.address, "redis://here");
  EXPECT_EQ(found.run_id, info(server, "run_id"));
  EXPECT_EQ(found.replid, info(server, "master_replid"));
  EXPECT_EQ(found.replid2, "");
  EXPECT_EQ(found.role, "master");
  EXPECT_EQ(found.version, info(server, "redis_version"));
  EXPECT_EQ(found.maxmemory_policy, "volatile-lru");
  EXPECT_EQ(found.replicas, 0);
  EXPECT_EQ(found.keys, 12);
  EXPECT_EQ(found.maxmemory, Bytes{50U << 20U});
  EXPECT_GT(found.used_memory, Bytes{500'000});
  EXPECT_EQ(differs(found, look(server)), "");
}

// PLAN-2 HA-2 F15 F41: the same data in another process is another server.
TEST(Identity, a_restarted_server_is_another_one) {
  RedisServer server;
  const auto before = look(server);
  server.restart();
  EXPECT_THAT(differs(before, look(server)), HasSubstr("restarted"));
}

// HA-2 F29 F30: a master that was demoted, and one that was promoted again, may hold other data.
TEST(Identity, a_demoted_master_differs_and_still_does_when_it_is_master_again) {
  const RedisServer server, other;
  headroom::test::fill(other, "other", 3);
  const auto before = look(server);
  ASSERT_EQ(redis_cli(server, {"REPLICAOF", "127.0.0.1", "1"}), "OK");
  EXPECT_THAT(differs(before, look(server)), HasSubstr("is a replica now"));
  ASSERT_EQ(redis_cli(server, {"REPLICAOF", "NO", "ONE"}), "OK");
  const auto after = look(server);
  EXPECT_EQ(after.run_id, before.run_id);
  EXPECT_THAT(differs(before, after), HasSubstr("was a replica of another one"));
}

// HA-2: a first replica gives a master a new replication id, and it is still the same data.
TEST(Identity, a_first_replica_makes_no_other_server_of_a_master) {
  const int port = headroom::test::free_port();
  const RedisServer master({"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"});
  const auto before = look(master);
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(port)});
  ASSERT_TRUE(becomes([&] { return info(replica, "master_link_status") == "up"; }));
  const auto after = look(master);
  EXPECT_NE(after.replid, before.replid);
  EXPECT_EQ(after.replicas, 1);
  EXPECT_EQ(differs(before, after), "");
  EXPECT_EQ(look(replica).role, "replica");
}

// CONN-4 F31: without INFO nobody knows which server this is.
TEST(Identity, a_user_without_info_is_told_what_is_missing) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "blind", "on", ">secret", "~*", "+@all", "-info"});
  const auto found = identify(*connect(server, "blind"), "redis://here");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what, HasSubstr("NOPERM"));
  EXPECT_EQ(found.error().where, "redis://here");
}

}  // namespace
}  // namespace headroom::act
