#include "wire/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "kit/redis_server.h"
#include "kit/scripted_server.h"
#include "reply_text.h"

namespace headroom::wire {
namespace {

using namespace std::chrono_literals;
using headroom::test::RedisServer;
using headroom::test::ScriptedServer;
using test::in_words;
using testing::HasSubstr;
using Words = std::vector<std::string_view>;

const Deadlines brief{.connect = 2s, .handshake = 150ms, .command = 150ms, .run = {}};

std::unique_ptr<Connection> connected(const std::string& address, const Deadlines& deadlines = {},
                                      const RespLimits& limits = {}) {
  auto connection = Connection::open(parse_endpoint(address).value(), "test", deadlines, limits);
  EXPECT_TRUE(connection) << (connection ? "" : connection.error().what);
  return connection ? *std::move(connection) : nullptr;
}

Error refusal(const std::string& address, const Deadlines& deadlines = {}) {
  const auto connection = Connection::open(parse_endpoint(address).value(), "test", deadlines);
  EXPECT_FALSE(connection);
  return connection ? Error{} : connection.error();
}

std::string ask(Link& link, const Words& words) {
  const auto reply = link.call(words);
  return reply ? in_words(*reply) : "error: " + reply.error().what;
}

/// What a link says to one command when the server answers the login well and then `script`.
Error answered_by(std::vector<ScriptedServer::Step> script, const Deadlines& deadlines = {},
                  const RespLimits& limits = {}) {
  std::vector<ScriptedServer::Step> steps{ScriptedServer::expect("HELLO"),
                                          ScriptedServer::send(std::string(headroom::test::hello_reply())),
                                          ScriptedServer::expect("PING")};
  steps.insert(steps.end(), script.begin(), script.end());
  const ScriptedServer server(steps);
  const auto connection = connected(server.url(), deadlines, limits);
  const auto reply = connection->call(Words{"PING"});
  EXPECT_FALSE(reply) << (reply ? in_words(*reply) : "");
  EXPECT_EQ(connection->pending(), 0U);
  EXPECT_FALSE(connection->call(Words{"PING"})) << "dead stays dead";
  return reply ? Error{} : reply.error();
}

TEST(Connection, speaks_RESP3_with_a_real_server_and_names_itself) {
  const RedisServer server;
  const auto connection = connected(server.url(3));
  EXPECT_EQ(connection->protocol(), 3);
  EXPECT_EQ(ask(*connection, {"CLIENT", "GETNAME"}), "'headroom:test'");
  EXPECT_THAT(ask(*connection, {"CLIENT", "INFO"}), HasSubstr(" db=3 "));
  EXPECT_EQ(ask(*connection, {"HSET", "h", "f", "v"}), "1");
  EXPECT_EQ(ask(*connection, {"HGETALL", "h"}), "['f', 'v']");
  EXPECT_EQ(ask(*connection, {"GET", "absent"}), "nil");
  EXPECT_EQ(ask(*connection, {"ZADD", "z", "1.5", "m"}), "1");
  EXPECT_EQ(ask(*connection, {"ZSCORE", "z", "m"}), "1.5");
}

TEST(Connection, F08_carries_names_of_any_bytes) {
  using namespace std::string_literals;
  const RedisServer server;
  const auto connection = connected(server.url());
  const std::vector<std::string> names{"a\nb",    "a\r\nDEL x\r\n"s, "\0\0"s,    "",
                                       "\"q' \\", "\x1b]52;c;x\a",   "\xff\xfe", std::string(64 * 1024, 'k')};
  for (const auto& name : names) {
    EXPECT_EQ(ask(*connection, {"SET", name, name}), "+OK");
    EXPECT_EQ(ask(*connection, {"GET", name}), "'" + name + "'");
  }
  EXPECT_EQ(ask(*connection, {"DBSIZE"}), std::to_string(names.size()));
}

TEST(Connection, answers_a_pipeline_in_order_and_sends_nothing_early) {
  const RedisServer server;
  const auto connection = connected(server.url());
  const auto other = connected(server.url());
  connection->queue(Words{"SET", "early", "1"});
  EXPECT_EQ(ask(*other, {"EXISTS", "early"}), "0");
  for (int i = 0; i < 3000; ++i) connection->queue(Words{"ECHO", std::to_string(i)});
  EXPECT_EQ(connection->pending(), 3001U);
  EXPECT_EQ(connection->read().value().get().text, "OK");
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(connection->read().value().get().text, std::to_string(i));
  EXPECT_EQ(connection->pending(), 0U);
}

TEST(Connection, sends_and_receives_at_once_when_both_pipes_are_full) {
  const RedisServer server;
  const auto connection = connected(server.url());
  const std::string large(1 << 20, 'x');
  // 40 MB each way: no socket buffer holds that, so sending alone would wait for ever.
  for (int i = 0; i < 40; ++i) connection->queue(Words{"ECHO", large});
  ASSERT_TRUE(connection->flush());
  for (int i = 0; i < 40; ++i) ASSERT_EQ(connection->read().value().get().text.size(), large.size());
  EXPECT_EQ(ask(*connection, {"PING"}), "+PONG");
}

TEST(Connection, reads_the_deepest_reply_there_is) {
  const RedisServer server;
  const auto connection = connected(server.url());
  const auto docs = connection->call(Words{"COMMAND", "DOCS"});
  ASSERT_TRUE(docs);
  EXPECT_GT(docs->items.size(), 400U);
}

TEST(Connection, leaves_server_errors_to_the_caller_and_lives_on) {
  const RedisServer server;
  const auto connection = connected(server.url());
  EXPECT_THAT(ask(*connection, {"NOSUCH"}), HasSubstr("-ERR unknown command"));
  EXPECT_EQ(ask(*connection, {"PING"}), "+PONG");
}

TEST(Connection, F20_says_that_the_server_closed_it) {
  const RedisServer server;
  const auto connection = connected(server.url());
  const auto killer = connected(server.url());
  const auto id = ask(*connection, {"CLIENT", "ID"});
  EXPECT_EQ(ask(*killer, {"CLIENT", "KILL", "ID", id}), "1");
  const auto reply = connection->call(Words{"PING"});
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().what, HasSubstr("the server closed the connection"));
  EXPECT_EQ(reply.error().where, "unix://" + server.socket_path());
}

TEST(Connection, writes_to_a_server_that_is_gone_without_dying_of_SIGPIPE) {
  RedisServer server;
  const auto before = ::signal(SIGPIPE, SIG_DFL);
  const auto connection = connected(server.url());
  server.restart();
  EXPECT_FALSE(connection->call(Words{"PING"}));
  ::signal(SIGPIPE, before);
}

TEST(Connection, F20_names_a_full_server) {
  const RedisServer server({"--maxclients", "1"});
  const auto first = connected(server.url());
  EXPECT_THAT(refusal(server.url()).what, HasSubstr("the server has no connection left"));
}

TEST(Connection, says_where_nothing_listens) {
  const int port = headroom::test::free_port();
  const Error refused = refusal("redis://127.0.0.1:" + std::to_string(port));
  EXPECT_THAT(refused.what, HasSubstr("Connection refused"));
  EXPECT_EQ(refused.where, "redis://127.0.0.1:" + std::to_string(port) + "/0");
  EXPECT_EQ(refused.exit, Exit::unreachable);
  EXPECT_THAT(refusal("unix:///nonexistent/redis.sock").what, HasSubstr("No such file"));
  EXPECT_THAT(refusal("redis://host.invalid").what, HasSubstr("host name cannot be looked up"));
  EXPECT_EQ(refusal("unix://" + std::string(200, 'x')).exit, Exit::usage);
}

TEST(Connection, F19_gives_up_on_a_server_that_never_answers) {
  const ScriptedServer mute({});
  EXPECT_THAT(refusal(mute.url(), brief).what, HasSubstr("did not answer in time"));
  const Error late = answered_by({}, brief);
  EXPECT_THAT(late.what, HasSubstr("did not answer in time"));
  EXPECT_EQ(late.exit, Exit::unreachable);
}

TEST(Connection, F18_a_slow_trickle_does_not_extend_the_deadline) {
  EXPECT_THAT(answered_by({ScriptedServer::send_in_pieces(std::string(1000, '+'), 1, 20ms)}, brief).what,
              HasSubstr("did not answer in time"));
  std::string pushes;
  for (int i = 0; i < 1000; ++i) pushes += ">1\r\n+x\r\n";
  EXPECT_THAT(answered_by({ScriptedServer::send_in_pieces(pushes, 8, 5ms)}, brief).what,
              HasSubstr("did not answer in time"));
}

TEST(Connection, CONN_2_stops_at_the_deadline_of_the_run) {
  const RedisServer server;
  Deadlines deadlines;
  deadlines.run = 200ms;
  const auto connection = connected(server.url(), deadlines);
  std::string answer = "+PONG";
  while (answer == "+PONG") answer = ask(*connection, {"PING"});
  EXPECT_EQ(answer, "error: the time limit of the run is reached");
  const auto again = connection->call(Words{"PING"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().exit, Exit::partial);
}

TEST(Connection, is_cancelled_from_another_thread_while_it_waits) {
  const ScriptedServer server(
      {ScriptedServer::expect("HELLO"), ScriptedServer::send(std::string(headroom::test::hello_reply()))});
  const auto connection = connected(server.url());
  std::thread other([&] { connection->cancel(); });
  const auto reply = connection->call(Words{"PING"});
  other.join();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().what, "interrupted");
  EXPECT_EQ(reply.error().exit, Exit::partial);
}

TEST(Connection, is_cancelled_before_it_begins_by_a_shared_cancellation) {
  const RedisServer server;
  const auto stop = std::make_shared<Cancellation>();
  stop->cancel();
  const auto connection = Connection::open(parse_endpoint(server.url()).value(), "test", {}, {}, stop);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().what, "interrupted");
}

TEST(Connection, F17_ends_with_a_typed_error_on_every_hostile_reply) {
  const std::vector<std::pair<std::string, std::string>> hostile{
      {"*1000000000\r\n", "more than 1048576 elements"},
      {"$4000000000000\r\n", "more than 67108864 bytes"},
      {"$-5\r\n", "not the Redis protocol"},
      {"*-7\r\n", "not the Redis protocol"},
      {"+" + std::string(100'000, 'A'), "a line of more than 65536 bytes"},
      {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "web server"},
      {std::string(5, '\0'), "not the Redis protocol"},
      {":12345678901234567890\r\n", "not the Redis protocol"},
      {"\x15\x03\x01\x00\x02\x02\x46", "TLS"},
  };
  for (const auto& [bytes, what] : hostile)
    EXPECT_THAT(answered_by({ScriptedServer::send(bytes)}).what, HasSubstr(what));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "*1\r\n";
  EXPECT_THAT(answered_by({ScriptedServer::send(deep)}).what, HasSubstr("nested more than 32 deep"));
}

TEST(Connection, F17_holds_no_more_of_an_endless_text_than_its_limit) {
  const RespLimits tight{.depth = 32, .elements = 100, .bytes = 1 << 20, .line = 1024};
  std::string endless = "*?\r\n";
  for (int i = 0; i < 200; ++i) endless += "$10000\r\n" + std::string(10'000, 'x') + "\r\n";
  EXPECT_THAT(answered_by({ScriptedServer::send(endless)}, {}, tight).what,
              HasSubstr("larger than headroom accepts"));
}

TEST(Connection, F17_drops_pushes_and_attributes_nobody_asked_for) {
  const ScriptedServer server(
      {ScriptedServer::send(">2\r\n+invalidate\r\n*1\r\n+x\r\n"), ScriptedServer::expect("HELLO"),
       ScriptedServer::send(std::string(headroom::test::hello_reply())), ScriptedServer::expect("PING"),
       ScriptedServer::send("|1\r\n+a\r\n+b\r\n+PONG\r\n")});
  EXPECT_EQ(ask(*connected(server.url()), {"PING"}), "+PONG");
}

TEST(Connection, F18_reads_a_login_and_replies_that_come_byte_by_byte) {
  const ScriptedServer server(
      {ScriptedServer::expect("HELLO"),
       ScriptedServer::send_in_pieces(std::string(headroom::test::hello_reply()), 1, 0ms),
       ScriptedServer::expect("PING"), ScriptedServer::send_in_pieces("*2\r\n$2\r\nab\r\n:7\r\n", 1, 1ms)});
  EXPECT_EQ(ask(*connected(server.url()), {"PING"}), "['ab', 7]");
}

TEST(Connection, F20_names_the_end_in_mid_reply) {
  EXPECT_THAT(answered_by({ScriptedServer::send("*2\r\n:1\r\n"), ScriptedServer::close()}).what,
              HasSubstr("closed the connection"));
  EXPECT_THAT(answered_by({ScriptedServer::send("*2\r\n:1\r\n"), ScriptedServer::reset()}).what,
              HasSubstr("closed the connection"));
}

TEST(Connection, F17_shows_no_control_bytes_of_a_server_error) {
  const ScriptedServer server(
      {ScriptedServer::expect("HELLO"), ScriptedServer::send("-EVIL\x1b]0;x\a text\r\n")});
  const Error error = refusal(server.url());
  EXPECT_THAT(error.what, HasSubstr("an error that headroom does not know"));
  EXPECT_THAT(error.what, testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace headroom::wire
