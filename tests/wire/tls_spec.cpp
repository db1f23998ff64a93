#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <optional>

#include "certificates.h"
#include "kit/redis_server.h"
#include "kit/scripted_server.h"
#include "reply_text.h"
#include "wire/connection.h"

namespace headroom::wire {
namespace {

using namespace std::chrono_literals;
using headroom::test::free_port;
using headroom::test::RedisServer;
using headroom::test::ScriptedServer;
using test::in_words;
using testing::HasSubstr;
using Words = std::vector<std::string_view>;
using Arguments = std::vector<std::string>;

const Deadlines brief{.connect = 100ms, .handshake = 100ms, .command = 1s, .run = {}};

// F33 and CONN-3, against a real redis-server with a TLS port.
class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_.emplace();
    files_->sign("good", "DNS:localhost,DNS:redis.test,IP:127.0.0.1");
    files_->sign("elsewhere", "DNS:wrong.example,IP:192.0.2.1");
    files_->sign("expired", "DNS:localhost", "20200101", "20210101");
    files_->sign("early", "DNS:localhost", "20480101", "20491231");
    files_->sign("client", "DNS:client");
    files_->self_signed("selfmade", "localhost");
  }
  static void TearDownTestSuite() { files_.reset(); }

  /// A server that shows the certificate `name`; clients need none unless `more` says so.
  RedisServer& serve(const std::string& name, const Arguments& more = {"--tls-auth-clients", "no"}) {
    port_ = static_cast<std::uint16_t>(free_port());
    Arguments arguments{
        "--tls-port",     std::to_string(port_), "--tls-cert-file",    files_->certificate(name),
        "--tls-key-file", files_->key(name),     "--tls-ca-cert-file", files_->certificate("ca")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return server_.emplace(arguments);
  }

  Endpoint endpoint(std::string host = "localhost") const {
    Endpoint endpoint;
    endpoint.host = std::move(host);
    endpoint.port = port_;
    endpoint.tls.on = true;
    endpoint.tls.ca_file = files_->certificate("ca");
    return endpoint;
  }

  static std::string outcome(const Endpoint& endpoint, const Deadlines& deadlines = {}) {
    auto connection = Connection::open(endpoint, "test", deadlines);
    if (!connection)
      return connection.error().what + " | " + connection.error().where + " | " + connection.error().remedy;
    const auto reply = (*connection)->call(Words{"PING"});
    return reply ? in_words(*reply) : reply.error().what;
  }

  static std::optional<test::Certificates> files_;
  std::optional<RedisServer> server_;
  std::uint16_t port_ = 0;
};
std::optional<test::Certificates> Tls::files_;

TEST_F(Tls, F33_talks_to_a_server_whose_chain_and_name_are_right) {
  serve("good");
  EXPECT_EQ(outcome(endpoint("localhost")), "+PONG");
  EXPECT_EQ(outcome(endpoint("127.0.0.1")), "+PONG") << "by the address in the certificate";
  Endpoint by_folder = endpoint();
  by_folder.tls.ca_file.clear();
  by_folder.tls.ca_folder = files_->folder_with("ca");
  EXPECT_EQ(outcome(by_folder), "+PONG");
}

TEST_F(Tls, carries_large_pipelines_both_ways_at_once) {
  serve("good");
  const auto connection = Connection::open(endpoint(), "test");
  ASSERT_TRUE(connection);
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) (*connection)->queue(Words{"ECHO", large});
  for (int i = 0; i < 20; ++i) ASSERT_EQ((*connection)->read().value().get().text, large);
}

TEST_F(Tls, F33_refuses_a_certificate_for_another_host) {
  serve("elsewhere");
  EXPECT_THAT(outcome(endpoint("localhost")), HasSubstr("it is for another host"));
  EXPECT_THAT(outcome(endpoint("127.0.0.1")), HasSubstr("it is for another host"));
}

TEST_F(Tls, F33_refuses_an_authority_it_was_not_told_to_trust) {
  serve("selfmade");
  EXPECT_THAT(outcome(endpoint()), HasSubstr("no authority we trust has signed it"));
  serve("good");
  Endpoint other = endpoint();
  other.tls.ca_file = files_->certificate("selfmade");
  EXPECT_THAT(outcome(other), HasSubstr("no authority we trust has signed it"));
  other.tls.ca_file.clear();
  EXPECT_THAT(outcome(other), HasSubstr("no authority we trust has signed it"))
      << "the system's store does not know it";
  EXPECT_THAT(outcome(other), HasSubstr("--cacert"));
}

TEST_F(Tls, F33_refuses_an_expired_and_a_future_certificate) {
  serve("expired");
  EXPECT_THAT(outcome(endpoint()), HasSubstr("it has expired"));
  serve("early");
  EXPECT_THAT(outcome(endpoint()), HasSubstr("it is not yet valid"));
}

TEST_F(Tls, F33_checks_nothing_only_when_told_so_and_says_it) {
  serve("elsewhere");
  Endpoint careless = endpoint();
  careless.tls.insecure = true;
  EXPECT_EQ(outcome(careless), "+PONG");
  EXPECT_THAT(careless.redacted(), HasSubstr("certificate not checked"));
}

TEST_F(Tls, F33_shows_a_client_certificate_where_one_is_asked_for) {
  serve("good", {"--tls-auth-clients", "yes"});
  EXPECT_THAT(outcome(endpoint()), HasSubstr("--cert FILE --key FILE"));
  Endpoint known = endpoint();
  known.tls.certificate = files_->certificate("client");
  known.tls.key = files_->key("client");
  EXPECT_EQ(outcome(known), "+PONG");
  known.tls.certificate = files_->certificate("selfmade");
  known.tls.key = files_->key("selfmade");
  EXPECT_THAT(outcome(known), HasSubstr("does not accept our certificate"));
}

TEST_F(Tls, F33_expects_the_name_given_with_sni_in_the_certificate) {
  serve("good");
  Endpoint named = endpoint("127.0.0.1");
  named.tls.server_name = "redis.test";
  EXPECT_EQ(outcome(named), "+PONG");
  named.tls.server_name = "other.test";
  EXPECT_THAT(outcome(named), HasSubstr("it is for another host"));
}

TEST_F(Tls, F33_sends_the_name_it_expects) {
  const ScriptedServer listener({ScriptedServer::expect("redis.test"), ScriptedServer::close()});
  port_ = static_cast<std::uint16_t>(listener.port());
  Endpoint named = endpoint("127.0.0.1");
  named.tls.server_name = "redis.test";
  EXPECT_THAT(outcome(named), HasSubstr("closed the connection during the TLS handshake"));
  EXPECT_THAT(listener.received(), HasSubstr("redis.test"));
}

TEST_F(Tls, F33_refuses_versions_before_1_2) {
  serve("good",
        {"--tls-auth-clients", "no", "--tls-protocols", "TLSv1.1", "--tls-ciphers", "ALL:@SECLEVEL=0"});
  EXPECT_THAT(outcome(endpoint()), HasSubstr("older than 1.2"));
}

TEST_F(Tls, F33_says_that_a_port_is_plain) {
  port_ = static_cast<std::uint16_t>(free_port());
  server_.emplace(Arguments{"--port", std::to_string(port_)});
  const std::string silent = outcome(endpoint(), brief);
  EXPECT_THAT(silent, HasSubstr("the server probably does not speak TLS on this port"));
  EXPECT_THAT(silent, HasSubstr("leave --tls out"));
  const ScriptedServer talkative({ScriptedServer::send("-ERR unknown command\r\n")});
  port_ = static_cast<std::uint16_t>(talkative.port());
  EXPECT_THAT(outcome(endpoint()), HasSubstr("the server does not speak TLS on this port"));
}

TEST_F(Tls, F33_says_that_a_port_speaks_TLS_when_we_do_not) {
  serve("good");
  Endpoint plain = endpoint();
  plain.tls = {};
  EXPECT_THAT(outcome(plain), HasSubstr("add --tls"));
}

TEST_F(Tls, F33_gives_up_on_a_handshake_that_does_not_end) {
  // The head of a handshake record of 100 bytes, and then nothing.
  const ScriptedServer stalled({ScriptedServer::send(std::string("\x16\x03\x03\x00\x64\x02", 6))});
  port_ = static_cast<std::uint16_t>(stalled.port());
  EXPECT_THAT(outcome(endpoint(), brief), HasSubstr("the TLS handshake did not end in time"));
}

TEST_F(Tls, names_a_file_it_cannot_use) {
  serve("good");
  Endpoint wrong = endpoint();
  wrong.tls.ca_file = "/nonexistent.pem";
  const auto connection = Connection::open(wrong, "test");
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().exit, Exit::usage);
  EXPECT_THAT(connection.error().remedy, HasSubstr("/nonexistent.pem"));
  wrong = endpoint();
  wrong.tls.certificate = files_->certificate("good");
  wrong.tls.key = files_->key("client");
  EXPECT_THAT(outcome(wrong), HasSubstr("--key"));
}

TEST_F(Tls, survives_a_server_that_is_killed) {
  RedisServer& server = serve("good");
  const auto before = ::signal(SIGPIPE, SIG_DFL);
  const auto connection = Connection::open(endpoint(), "test");
  ASSERT_TRUE(connection);
  server.restart();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE((*connection)->call(Words{"PING"}));
  ::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace headroom::wire
