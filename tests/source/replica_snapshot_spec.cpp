#include "source/replica_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "snapshot_kit.h"
#include "wire/certificates.h"

namespace headroom::source {
namespace {

using namespace std::chrono_literals;
using headroom::test::free_port;
using test::Arguments;
using test::becomes;
using test::endpoint_of;
using test::expect_left;
using test::expect_true_copy;
using test::info;
using test::load;
using test::redis_cli;
using test::RedisServer;
using test::server_with;
using test::take_all;
using testing::HasSubstr;

/// Attaches to `endpoint` without asking whether it is wise.
Result<Snapshot> attach(const wire::Endpoint& endpoint, ReplicaSnapshotOptions options = {}) {
  options.force = true;
  SnapshotPlan plan;
  plan.source = endpoint;
  return open_snapshot(plan, options);
}

wire::Endpoint as_user(const RedisServer& server, const Arguments& rights) {
  Arguments words{"ACL", "SETUSER", "snap", "on", ">secret"};
  words.insert(words.end(), rights.begin(), rights.end());
  EXPECT_EQ(redis_cli(server, words), "OK");
  auto endpoint = endpoint_of(server);
  endpoint.user = "snap", endpoint.password = "secret";
  return endpoint;
}

/// About 24 MB and 7 MB: more than the buffers of two sockets hold (TCP, Unix), so that the server is still
/// at it while we read.
constexpr int many = 200'000;
constexpr int enough = 60'000;

TEST(ReplicaSnapshot, streamed_and_by_file_it_is_a_true_copy_of_200k_keys) {
  for (const std::string diskless : {"yes", "no"}) {
    const auto server = server_with({"--repl-diskless-sync", diskless});
    load(*server, many);
    auto snapshot = attach(endpoint_of(*server));
    ASSERT_TRUE(snapshot) << snapshot.error().what;
    ASSERT_TRUE(snapshot->input) << snapshot->refusal.error.what;
    EXPECT_TRUE(snapshot->start.rdb_only);
    EXPECT_EQ(snapshot->start.length.has_value(), diskless == "no");
    const auto taken = take_all(*snapshot->input);
    EXPECT_FALSE(taken.error) << taken.error->what;
    EXPECT_EQ(snapshot->input->size(), diskless == "no" ? taken.bytes.size() : 0U);
    expect_left(*server);
    expect_true_copy(taken.bytes, *server);
  }
}

TEST(ReplicaSnapshot, the_server_sees_a_replica_without_an_address_and_our_name) {
  const auto server = server_with({"--repl-diskless-sync-delay", "3"});
  std::vector<std::string> seen;
  ReplicaSnapshotOptions options;
  options.replication.on_waiting = [&](std::chrono::milliseconds) {
    seen.push_back(redis_cli(*server, {"INFO", "replication"}) + redis_cli(*server, {"CLIENT", "LIST"}));
  };
  auto snapshot = attach(endpoint_of(*server), options);
  ASSERT_TRUE(snapshot && snapshot->input);
  ASSERT_FALSE(seen.empty()) << "the delay of 3 s makes it wait, with newlines";
  EXPECT_THAT(seen.front(), HasSubstr("port=0,state=wait_bgsave"));
  EXPECT_THAT(seen.front(), HasSubstr("name=headroom:snapshot"));
  EXPECT_FALSE(take_all(*snapshot->input).error);
  expect_left(*server);
}

TEST(ReplicaSnapshot, psync_and_replconf_are_all_the_rights_it_needs) {
  const auto server = server_with({"--requirepass", "other"});
  setenv("REDISCLI_AUTH", "other", 1);
  load(*server, 1000);
  const auto endpoint = as_user(*server, {"-@all", "+psync", "+replconf", "+ping"});
  auto snapshot = attach(endpoint);
  ASSERT_TRUE(snapshot) << snapshot.error().what;
  ASSERT_TRUE(snapshot->input) << snapshot->refusal.error.what;
  EXPECT_TRUE(snapshot->start.rdb_only);
  const auto taken = take_all(*snapshot->input);
  unsetenv("REDISCLI_AUTH");
  EXPECT_FALSE(taken.error);
  EXPECT_TRUE(taken.bytes.starts_with("REDIS0010"));

  auto without = endpoint;
  without.user.clear(), without.password.clear();
  const auto refused = attach(without);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("asks for a password"));
}

// As on servers before 7.0: the changes pile up behind the snapshot, and none of them is given out.
TEST(ReplicaSnapshot, without_rdb_only_it_ends_at_the_same_place) {
  struct Case {
    std::string diskless;
    Arguments rights;
    bool streamed;
  };
  for (const auto& [diskless, rights, streamed] :
       {Case{"yes", {"-@all", "+psync", "+replconf|capa"}, true}, Case{"no", {"-@all", "+psync"}, false},
        Case{"yes", {"-@all", "+psync"}, false}}) {
    const auto server = server_with({"--repl-diskless-sync", diskless});
    load(*server, enough);
    auto snapshot = attach(as_user(*server, rights));
    ASSERT_TRUE(snapshot) << snapshot.error().what;
    ASSERT_TRUE(snapshot->input) << snapshot->refusal.error.what;
    EXPECT_FALSE(snapshot->start.rdb_only);
    EXPECT_EQ(snapshot->start.length.has_value(), !streamed);
    redis_cli(*server, {"SET", "later", "x"});
    const auto taken = take_all(*snapshot->input);
    EXPECT_FALSE(taken.error) << taken.error->what;
    expect_left(*server);
    redis_cli(*server, {"DEL", "later"});
    expect_true_copy(taken.bytes, *server);
  }
}

TEST(ReplicaSnapshot, comes_over_TLS) {
  wire::test::Certificates files;
  files.sign("good", "DNS:localhost,IP:127.0.0.1");
  const int port = free_port();
  const auto server = server_with(
      {"--tls-port", std::to_string(port), "--tls-cert-file", files.certificate("good"), "--tls-key-file",
       files.key("good"), "--tls-ca-cert-file", files.certificate("ca"), "--tls-auth-clients", "no"});
  load(*server, enough);
  wire::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(port);
  endpoint.tls.on = true, endpoint.tls.ca_file = files.certificate("ca");
  auto snapshot = attach(endpoint);
  ASSERT_TRUE(snapshot) << snapshot.error().what;
  ASSERT_TRUE(snapshot->input);
  const auto taken = take_all(*snapshot->input);
  EXPECT_FALSE(taken.error) << taken.error->what;
  expect_left(*server);
  expect_true_copy(taken.bytes, *server);
}

// Slower than the server by far, and longer than repl-timeout. Any byte sent to a server of 7.0 in the
// meantime would make it reset the connection at its own end, and the rest would be lost.
TEST(ReplicaSnapshot, a_slow_reader_gets_the_whole_snapshot) {
  for (const std::string diskless : {"yes", "no"}) {
    wire::Endpoint endpoint;  // TCP: a Unix socket knows no reset
    endpoint.port = static_cast<std::uint16_t>(free_port());
    const auto server = server_with(
        {"--port", std::to_string(endpoint.port), "--repl-diskless-sync", diskless, "--repl-timeout", "4"});
    load(*server, many);
    auto snapshot = attach(endpoint);
    ASSERT_TRUE(snapshot && snapshot->input);
    std::string slowly, part(65'536, '\0');
    // TCP opens its window a megabyte at a time, so the server writes every second or two.
    for (int i = 0; i < 50; ++i) {
      const auto got = snapshot->input->read(part);
      ASSERT_TRUE(got) << got.error().what;
      slowly.append(part, 0, *got);
      std::this_thread::sleep_for(100ms);
    }
    const auto rest = take_all(*snapshot->input);
    EXPECT_FALSE(rest.error) << rest.error->what;
    expect_left(*server);
    expect_true_copy(slowly + rest.bytes, *server);
  }
}

TEST(ReplicaSnapshot, a_reader_who_stops_reading_is_dropped_and_hears_of_it) {
  const auto server = server_with({"--repl-timeout", "1"});
  load(*server, enough);
  auto snapshot = attach(endpoint_of(*server));
  ASSERT_TRUE(snapshot && snapshot->input);
  expect_left(*server);  // by itself, within repl-timeout
  const auto taken = take_all(*snapshot->input);
  ASSERT_TRUE(taken.error);
  EXPECT_EQ(taken.error->exit, Exit::partial);
  EXPECT_THAT(taken.error->remedy, HasSubstr("repl-timeout"));
}

TEST(ReplicaSnapshot, leaving_and_cancelling_in_the_middle_free_the_server) {
  for (const std::string diskless : {"yes", "no"}) {
    const auto server = server_with({"--repl-diskless-sync", diskless});
    load(*server, enough);
    ReplicaSnapshotOptions options;
    options.cancellation = std::make_shared<wire::Cancellation>();
    auto snapshot = attach(endpoint_of(*server), options);
    ASSERT_TRUE(snapshot && snapshot->input);
    std::string part(65'536, '\0');
    ASSERT_TRUE(snapshot->input->read(part));
    snapshot->input.reset();
    expect_left(*server);

    snapshot = attach(endpoint_of(*server), options);
    ASSERT_TRUE(snapshot && snapshot->input);
    ASSERT_TRUE(snapshot->input->read(part));
    options.cancellation->cancel();
    const auto taken = take_all(*snapshot->input);
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->exit, Exit::partial);
    EXPECT_EQ(taken.error->what, "interrupted");
    expect_left(*server);
  }
}

TEST(ReplicaSnapshot, a_server_killed_in_the_middle_is_an_error_and_not_an_end) {
  for (const std::string diskless : {"yes", "no"}) {
    const auto server = server_with({"--repl-diskless-sync", diskless});
    load(*server, enough);
    auto snapshot = attach(endpoint_of(*server));
    ASSERT_TRUE(snapshot && snapshot->input);
    std::string part(65'536, '\0');
    ASSERT_TRUE(snapshot->input->read(part));
    ::kill(server->pid(), SIGKILL);
    const auto taken = take_all(*snapshot->input);
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->exit, Exit::partial);
    EXPECT_THAT(taken.error->where, HasSubstr("unix://"));
  }
}

TEST(ReplicaSnapshot, where_it_is_forbidden_it_says_so_and_what_to_do) {
  using Kind = wire::Refusal::Kind;
  const auto server = server_with();
  auto refused = attach(as_user(*server, {"+@all", "-psync", "-sync"}));
  ASSERT_TRUE(refused) << refused.error().what;
  EXPECT_FALSE(refused->input);
  EXPECT_EQ(refused->refusal.kind, Kind::forbidden);
  EXPECT_THAT(refused->refusal.error.what, HasSubstr("'psync'"));
  EXPECT_THAT(refused->refusal.error.remedy, HasSubstr("+psync"));
  expect_left(*server);

  const auto renamed = server_with({"--rename-command", "PSYNC", "", "--rename-command", "REPLCONF", ""});
  refused = attach(endpoint_of(*renamed));
  ASSERT_TRUE(refused) << refused.error().what;
  EXPECT_EQ(refused->refusal.kind, Kind::forbidden);
  EXPECT_THAT(refused->refusal.error.what, HasSubstr("renamed"));

  const auto orphan = server_with({"--replicaof", "127.0.0.1 1"});
  refused = attach(endpoint_of(*orphan));
  ASSERT_TRUE(refused) << refused.error().what;
  EXPECT_EQ(refused->refusal.kind, Kind::not_now);
  EXPECT_THAT(refused->refusal.error.what, HasSubstr("no link to its master"));
}

}  // namespace
}  // namespace headroom::source
