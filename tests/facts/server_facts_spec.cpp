#include "facts/server_facts.h"

#include <fmt/format.h>

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "kit/scripted_server.h"
#include "wire/connection.h"
#include "wire/info_text.h"
#include "wire/read_only_link.h"

namespace headroom::facts {
namespace {

using test::redis_cli;
using test::RedisServer;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

wire::Endpoint endpoint_of(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  return endpoint;
}

std::unique_ptr<wire::Connection> connect(const wire::Endpoint& endpoint) {
  auto opened = wire::Connection::open(endpoint, "test");
  if (!opened) throw std::runtime_error(opened.error().what);
  return *std::move(opened);
}

ServerFacts gathered(const RedisServer& server) {
  const auto link = connect(endpoint_of(server));
  auto facts = gather(*link, "here");
  if (!facts) throw std::runtime_error(facts.error().what);
  return *facts;
}

TEST(ServerFacts, says_what_the_server_says_of_itself) {
  const RedisServer server({"--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"});
  test::fill(server, "a", 50);
  test::fill(server, "b", 7, 4);
  redis_cli(server, {"EXPIRE", "b:1", "1000"}, 4);
  redis_cli(server, {"SCRIPT", "LOAD", "return 1"});
  const auto facts = gathered(server);
  const wire::InfoText info(redis_cli(server, {"INFO"}));
  EXPECT_EQ(facts.target, "here");
  EXPECT_EQ(facts.version, info.text("redis_version"));
  EXPECT_EQ(facts.flavour, "redis");
  EXPECT_EQ(facts.run_id, info.text("run_id"));
  EXPECT_EQ(facts.role, "master");
  EXPECT_THAT(facts.allocator, StartsWith("jemalloc"));
  EXPECT_EQ(facts.maxmemory, Bytes{100 * 1024 * 1024});
  EXPECT_EQ(facts.maxmemory_policy, "volatile-lru");
  ASSERT_TRUE(facts.used_memory && facts.startup && facts.dataset && facts.overhead);
  EXPECT_EQ(facts.startup->count, info.number("used_memory_startup"));
  EXPECT_NEAR(static_cast<double>(facts.used_memory->count),
              static_cast<double>(facts.overhead->count + facts.dataset->count), 1);
  EXPECT_TRUE(facts.used_memory_rss && facts.used_memory_peak && facts.fragmentation);
  EXPECT_TRUE(facts.clients_normal && facts.clients_replica && facts.replication_backlog && facts.aof_buffer);
  EXPECT_GT(facts.scripts->count, 0);
  EXPECT_EQ(facts.evicted_keys, 0);
  EXPECT_EQ(facts.expired_keys, 0);
  EXPECT_GE(facts.connected_clients, 1);
  ASSERT_EQ(facts.keyspace.size(), 2);
  EXPECT_EQ(facts.keyspace[0].keys, 50);
  EXPECT_EQ(facts.keyspace[1].db, 4);
  EXPECT_EQ(facts.keyspace[1].keys, 7);
  EXPECT_EQ(facts.keyspace[1].expires, 1);
  EXPECT_THAT(facts.missing, IsEmpty());
}

TEST(ServerFacts, knows_the_quantum_of_the_allocator) {
  const RedisServer server;
  const auto stats = redis_cli(server, {"MEMORY", "MALLOC-STATS"});
  const auto at = stats.find("Quantum size:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(gathered(server).quantum, std::stoull(stats.substr(at + 13)));
}

TEST(ServerFacts, takes_the_time_from_the_server) {
  const RedisServer server;
  const auto before = std::stoll(redis_cli(server, {"TIME"})) * 1000;
  const auto facts = gathered(server);
  const auto after = std::stoll(redis_cli(server, {"TIME"})) * 1000 + 1000;
  EXPECT_GE(facts.server_time.count(), before);
  EXPECT_LE(facts.server_time.count(), after);
}

TEST(ServerFacts, sends_nothing_that_a_read_only_door_would_stop) {
  const RedisServer server;
  const auto link = connect(endpoint_of(server));
  wire::ReadOnlyLink door(*link);
  const auto facts = gather(door, "here");
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->missing, IsEmpty());
  EXPECT_GT(facts->quantum, 0);
}

TEST(ServerFacts, never_asks_for_settings_that_may_be_secrets) {
  const RedisServer server(
      {"--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000", "--masterauth", "canary"});
  redis_cli(server, {"SLOWLOG", "RESET"});
  gathered(server);
  const auto log = redis_cli(server, {"SLOWLOG", "GET", "1000"});
  EXPECT_THAT(log, HasSubstr("GET\nmaxmemory-policy"));
  EXPECT_THAT(log, testing::Not(HasSubstr("*")));
  EXPECT_THAT(log, testing::Not(testing::AnyOf(HasSubstr("requirepass"), HasSubstr("masterauth"),
                                               HasSubstr("canary"))));
}

// A15-like servers: the seeds' own advice is to rename CONFIG and KEYS; managed ones lack more.
TEST(ServerFacts, F32_says_what_is_lost_when_commands_are_renamed_and_goes_on) {
  const RedisServer server({"--rename-command", "CONFIG", "", "--rename-command", "KEYS", "",
                            "--rename-command", "OBJECT", "", "--rename-command", "MEMORY", "",
                            "--maxmemory-policy", "allkeys-lru"});
  const auto facts = gathered(server);
  EXPECT_THAT(
      facts.missing,
      testing::UnorderedElementsAre(
          StartsWith("CONFIG is renamed or disabled on this server: settings"),
          StartsWith("MEMORY STATS is renamed or disabled on this server: parts of the overhead"),
          StartsWith("MEMORY MALLOC-STATS is renamed or disabled on this server: how the allocator rounds"),
          StartsWith("MEMORY USAGE is renamed or disabled on this server: the sizes of keys"),
          StartsWith("OBJECT ENCODING is renamed or disabled on this server: the encodings"),
          StartsWith("OBJECT IDLETIME is renamed or disabled on this server: when keys")));
  EXPECT_EQ(facts.maxmemory_policy, "allkeys-lru") << "INFO tells it too";
  EXPECT_TRUE(facts.used_memory);
  EXPECT_EQ(facts.quantum, 0);
}

TEST(ServerFacts, F31_says_what_is_lost_when_the_user_has_few_rights) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "auditor", "on", ">s3cret", "+info", "+scan", "+type", "%R~mine:*"});
  auto endpoint = endpoint_of(server);
  endpoint.user = "auditor";
  endpoint.password = "s3cret";
  const auto link = connect(endpoint);
  const auto facts = gather(*link, "here");
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->version.empty());
  EXPECT_EQ(facts->server_time.count(), 0);
  EXPECT_THAT(facts->missing, testing::Contains(StartsWith("TIME is forbidden for this user: ages")));
  EXPECT_THAT(facts->missing,
              testing::Contains(StartsWith("PTTL is forbidden for this user: which keys expire")));
  EXPECT_THAT(facts->missing, testing::Contains(StartsWith("CONFIG is forbidden for this user")));
  // The key that is tried is not one the user may touch, but the command is allowed.
  EXPECT_THAT(facts->missing, testing::Not(testing::Contains(StartsWith("TYPE"))));
  EXPECT_THAT(facts->missing, testing::Not(testing::Contains(StartsWith("SCAN"))));
  for (const auto& sentence : facts->missing) EXPECT_THAT(sentence, testing::Not(HasSubstr("s3cret")));
}

std::string bulk(const std::string& text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }

/// Facts from a server that answers INFO with `info`, and everything else with `other`.
Result<ServerFacts> from_script(const std::string& info, const std::string& other) {
  std::vector<ScriptedServer::Step> script{ScriptedServer::expect("HELLO"),
                                           ScriptedServer::send(std::string(test::hello_reply()))};
  const auto answer = [&](const char* words, const std::string& reply) {
    script.push_back(ScriptedServer::expect(words));
    script.push_back(ScriptedServer::send(reply));
  };
  answer("INFO", info);
  answer("MALLOC-STATS", other);
  for (const char* words : {"SCAN", "TYPE", "PTTL", "USAGE", "ENCODING", "IDLETIME"}) answer(words, other);
  answer("STATS", other);
  answer("maxmemory-policy", other);
  if (!other.starts_with('-')) answer("maxmemory\r\n", other);
  answer("TIME", other);
  const ScriptedServer server(std::move(script));
  wire::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(server.port());
  return gather(*connect(endpoint), "there");
}

TEST(ServerFacts, F17_nonsense_is_unknown_and_not_a_number) {
  const auto facts = from_script(bulk("redis_version:\x1b[2J7.0\r\nused_memory:-1\r\nused_memory_rss:"
                                      "99999999999999999999\r\nmaxmemory:12 apples\r\n"
                                      "mem_fragmentation_ratio:nan\r\nrole:\r\ndb0:keys=x\r\nrun_id:" +
                                      std::string(100'000, 'r') + "\r\n"),
                                 "*2\r\n:-5\r\n*1\r\n$3\r\nabc\r\n");
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->version, testing::Not(HasSubstr("\x1b")));
  EXPECT_FALSE(facts->used_memory);
  EXPECT_FALSE(facts->used_memory_rss);
  EXPECT_FALSE(facts->maxmemory);
  EXPECT_FALSE(facts->fragmentation);
  EXPECT_LE(facts->run_id.size(), 210);
  EXPECT_TRUE(facts->keyspace.empty());
  EXPECT_EQ(facts->server_time.count(), 0);
  EXPECT_EQ(facts->quantum, 0);
}

TEST(ServerFacts, tells_the_relatives_of_redis_apart) {
  struct Case {
    const char *info, *flavour, *version;
  };
  // As they introduce themselves: Valkey 8.1, Dragonfly 1.40, KeyDB 6.3 (its own issue 981 asks for a field
  // of its own).
  for (const Case& c :
       {Case{"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.10\r\n", "valkey", "8.1.10"},
        Case{"redis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\n", "dragonfly", "1.40.1"},
        Case{"redis_version:6.3.4\r\nexecutable:/data/keydb-server\r\n", "keydb", "6.3.4"},
        Case{"redis_version:8.10.1\r\n", "redis", "8.10.1"}}) {
    const auto facts = from_script(bulk(c.info), "-ERR unknown command\r\n");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->flavour, c.flavour);
    EXPECT_EQ(facts->version, c.version);
  }
}

TEST(ServerFacts, a_lost_connection_is_an_error) {
  const ScriptedServer server({ScriptedServer::expect("HELLO"),
                               ScriptedServer::send(std::string(test::hello_reply())),
                               ScriptedServer::expect("INFO"), ScriptedServer::close()});
  wire::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(server.port());
  EXPECT_FALSE(gather(*connect(endpoint), "there"));
}

TEST(ServerFacts, a_server_that_wants_a_login_is_an_error) {
  const auto facts =
      from_script("-NOAUTH Authentication required.\r\n", "-NOAUTH Authentication required.\r\n");
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().what, HasSubstr("login"));
}

}  // namespace
}  // namespace headroom::facts
