#include "wire/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/redis_server.h"
#include "kit/scripted_server.h"
#include "reply_text.h"
#include "wire/connection.h"

namespace headroom::wire {
namespace {

using headroom::test::RedisServer;
using headroom::test::ScriptedServer;
using test::in_words;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string_view>;

Endpoint on(const RedisServer& server, std::string user = {}, std::string password = {}) {
  Endpoint endpoint = parse_endpoint(server.url()).value();
  endpoint.user = std::move(user);
  endpoint.password = std::move(password);
  return endpoint;
}

std::string outcome(const Endpoint& endpoint) {
  auto connection = Connection::open(endpoint, "test");
  if (!connection) {
    const Error& e = connection.error();
    return e.what + " | " + e.where + " | " + e.remedy;
  }
  const auto who = (*connection)->call(Words{"ACL", "WHOAMI"});
  return "RESP" + std::to_string((*connection)->protocol()) + " " + (who ? in_words(*who) : who.error().what);
}

/// The failed logins the server remembers.
std::size_t failed_tries(const RedisServer& server, const std::string& password) {
  auto connection = Connection::open(on(server, "", password), "test");
  const Reply log = (*connection)->call(Words{"ACL", "LOG"}).value();
  std::size_t tries = 0;
  for (const Reply& entry : log.items) {
    tries += static_cast<std::size_t>(entry.items.at(1).integer);  // count: like entries are folded
  }
  return tries;
}

TEST(Login, F34_works_with_passwords_of_any_characters) {
  for (const std::string password : {"simple", "a:b@c%d#e f", "new\nline", "p\xc3\xa4ss", "\"quoted'"}) {
    const RedisServer server;
    auto admin = Connection::open(on(server), "test");
    ASSERT_TRUE(admin);
    ASSERT_EQ(in_words((*admin)->call(Words{"CONFIG", "SET", "requirepass", password}).value()), "+OK");
    EXPECT_EQ(outcome(on(server, "", password)), "RESP3 'default'");
  }
}

TEST(Login, F34_tries_a_wrong_password_once_and_never_shows_it) {
  const RedisServer server({"--requirepass", "right"});
  const std::string said = outcome(on(server, "", "canary"));
  EXPECT_THAT(said, HasSubstr("does not accept the password"));
  EXPECT_THAT(said, HasSubstr("REDISCLI_AUTH"));
  EXPECT_THAT(said, Not(HasSubstr("canary")));
  EXPECT_EQ(failed_tries(server, "right"), 1U);
}

TEST(Login, says_how_to_give_a_password_when_one_is_asked_for) {
  const RedisServer server({"--requirepass", "right"});
  const std::string said = outcome(on(server));
  EXPECT_THAT(said, HasSubstr("the server asks for a password"));
  EXPECT_THAT(said, HasSubstr("REDISCLI_AUTH"));
  EXPECT_EQ(failed_tries(server, "right"), 0U);
}

TEST(Login, logs_in_as_a_named_user) {
  const RedisServer server({"--user", "bob", "on", ">secret", "+@all", "~*"});
  EXPECT_EQ(outcome(on(server, "bob", "secret")), "RESP3 'bob'");
  EXPECT_THAT(outcome(on(server, "eve", "secret")), HasSubstr("does not accept the password"));
}

TEST(Login, a_password_is_no_harm_where_none_is_needed) {
  const RedisServer server;
  EXPECT_EQ(outcome(on(server, "", "anything")), "RESP3 'default'");
}

TEST(Login, falls_back_to_RESP2_where_HELLO_is_not_known) {
  const RedisServer server({"--requirepass", "right", "--rename-command", "HELLO", ""});
  EXPECT_EQ(outcome(on(server, "", "right")), "RESP2 'default'");
  EXPECT_THAT(outcome(on(server, "", "canary")), HasSubstr("does not accept the password"));
  EXPECT_EQ(failed_tries(server, "right"), 1U);
  EXPECT_THAT(outcome(on(server)), HasSubstr("the server asks for a password"));
}

TEST(Login, SEC_1_does_not_repeat_a_server_that_repeats_the_password) {
  // Redis answers an unknown command with its first arguments, and here the argument of AUTH is the password.
  const RedisServer server({"--rename-command", "HELLO", "", "--rename-command", "AUTH", ""});
  EXPECT_THAT(outcome(on(server, "", "canary")), Not(HasSubstr("canary")));
  EXPECT_THAT(outcome(on(server, "bob", "canary")), Not(HasSubstr("canary")));
}

TEST(Login, tells_a_password_the_server_does_not_have_from_a_wrong_one) {
  const RedisServer server({"--rename-command", "HELLO", ""});
  EXPECT_THAT(outcome(on(server, "", "canary")), HasSubstr("the server has none"));
}

TEST(Login, F34_names_a_server_without_users) {
  const ScriptedServer redis5(
      {ScriptedServer::expect("HELLO"),
       ScriptedServer::send("-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, \r\n"),
       ScriptedServer::expect("AUTH"),
       ScriptedServer::send("-ERR wrong number of arguments for 'auth' command\r\n")});
  Endpoint endpoint = parse_endpoint(redis5.url()).value();
  endpoint.user = "bob", endpoint.password = "canary";
  const std::string said = outcome(endpoint);
  EXPECT_THAT(said, HasSubstr("the server knows no users"));
  EXPECT_THAT(said, HasSubstr("leave --user out"));
}

TEST(Login, tolerates_a_server_that_takes_no_names) {
  const ScriptedServer server(
      {ScriptedServer::expect("HELLO"), ScriptedServer::send("-NOPROTO unsupported protocol version\r\n"),
       ScriptedServer::expect("SETNAME"), ScriptedServer::send("-ERR unknown subcommand\r\n"),
       ScriptedServer::expect("ACL"), ScriptedServer::send("$1\r\nx\r\n")});
  EXPECT_EQ(outcome(parse_endpoint(server.url()).value()), "RESP2 'x'");
}

TEST(Login, names_the_state_of_a_server_that_is_not_ready) {
  const std::vector<std::pair<std::string, std::string>> states{
      {"-LOADING Redis is loading the dataset in memory\r\n", "is loading its data"},
      {"-BUSY Redis is busy running a script.\r\n", "a script is running"},
      {"-MASTERDOWN Link with MASTER is down\r\n", "has lost its master"},
      {"-ERR max number of clients reached\r\n", "no connection left"},
      {"-DENIED Redis is running in protected mode\r\n", "protected mode"},
      {"+OK\r\n", "nonsense"},
  };
  for (const auto& [reply, words] : states) {
    const ScriptedServer server({ScriptedServer::expect("HELLO"), ScriptedServer::send(reply)});
    EXPECT_THAT(outcome(parse_endpoint(server.url()).value()), HasSubstr(words));
  }
}

TEST(Login, names_a_database_that_is_not_there) {
  const RedisServer server;
  Endpoint endpoint = on(server);
  endpoint.db = 99;
  EXPECT_THAT(outcome(endpoint), HasSubstr("the server has no database 99"));
}

TEST(Login, names_a_cluster_that_has_one_database) {
  const RedisServer server({"--cluster-enabled", "yes"});
  Endpoint endpoint = on(server);
  endpoint.db = 1;
  EXPECT_THAT(outcome(endpoint), HasSubstr("a cluster has database 0 only"));
}

}  // namespace
}  // namespace headroom::wire
