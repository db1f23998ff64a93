#include "facts/replication_history.h"

#include <gtest/gtest.h>

#include <thread>

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "wire/connection.h"

namespace headroom::facts {
namespace {

using test::redis_cli;
using test::RedisServer;

ReplicationHistory history_of(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  auto link = wire::Connection::open(endpoint, "test");
  if (!link) throw std::runtime_error(link.error().what);
  auto history = replication_history(**link);
  if (!history) throw std::runtime_error(history.error().what);
  return *history;
}

// PLAN-2: by the id of its own line up to where it stands, by the one before up to where it left it
TEST(ReplicationHistory, goes_through_what_lies_behind_it) {
  const ReplicationHistory history{"now", 500, "before", 300};
  EXPECT_TRUE(history.went_through("now", 0));
  EXPECT_TRUE(history.went_through("now", 500));
  EXPECT_FALSE(history.went_through("now", 501));
  EXPECT_TRUE(history.went_through("before", 300));
  EXPECT_FALSE(history.went_through("before", 301));
  EXPECT_FALSE(history.went_through("other", 1));
  EXPECT_FALSE((ReplicationHistory{"now", 500, "", 0}.went_through("", 0))) << "a copy without an id";
}

// PLAN-2: a promoted replica was where its master was, up to the last write it got
TEST(ReplicationHistory, of_a_promoted_replica_ends_where_it_left_its_master) {
  const int port = test::free_port();
  RedisServer master({"--port", std::to_string(port), "--repl-diskless-sync-delay", "0"}), replica;
  redis_cli(replica, {"REPLICAOF", "127.0.0.1", std::to_string(port)});
  redis_cli(master, {"SET", "a", "1"});
  while (redis_cli(replica, {"GET", "a"}) != "1") std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto shared = history_of(master);
  redis_cli(replica, {"REPLICAOF", "NO", "ONE"});
  redis_cli(master, {"SET", "b", "the replica has not got it"});
  const auto later = history_of(master), promoted = history_of(replica);
  ASSERT_GT(later.offset, shared.offset);
  EXPECT_TRUE(promoted.went_through(shared.id, shared.offset));
  EXPECT_FALSE(promoted.went_through(later.id, later.offset));
  EXPECT_TRUE(later.went_through(shared.id, shared.offset));
}

}  // namespace
}  // namespace headroom::facts
