#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kit/producers.h"
#include "kit/redis_server.h"

// What goes wrong at the door: each is told in what, where, what next, and with its own exit code; never with
// a password (F34, SEC-1).
namespace headroom::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int usage = 2;
constexpr int unreachable = 3;

struct Case {
  std::string name;
  std::vector<std::string> words;
  int exit;
  std::string says;
};

void expect_clear_error(const Finished& finished, int exit, const std::string& says) {
  EXPECT_EQ(finished.status, exit) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, testing::StartsWith("headroom: "));
  EXPECT_THAT(finished.err, HasSubstr(says));
  EXPECT_THAT(finished.err, HasSubstr("try: ")) << "no way on is named";
  EXPECT_LE(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
}

TEST(BadInput, unknown_option) {
  expect_clear_error(headroom({"audit", "--frmat", "json"}), usage, "--frmat");
}

TEST(BadInput, unknown_command) { expect_clear_error(headroom({"adit"}), usage, "'adit'"); }

TEST(BadInput, host_that_does_not_exist) {
  expect_clear_error(headroom({"audit", "-h", "no-such-host.invalid"}), unreachable, "no-such-host.invalid");
}

TEST(BadInput, port_where_nobody_listens) {
  const auto port = std::to_string(free_port());
  expect_clear_error(headroom({"audit", "-p", port}), unreachable, port);
}

TEST(BadInput, socket_that_is_not_there) {
  expect_clear_error(headroom({"audit", "-s", "/nowhere/redis.sock"}), unreachable, "/nowhere/redis.sock");
}

TEST(BadInput, address_of_no_kind_we_know) {
  expect_clear_error(headroom({"audit", "amqp://broker/"}), usage, "address");
}

TEST(BadInput, database_that_is_not_there) {
  RedisServer server;
  expect_clear_error(headroom({"audit", server.url(), "-n", "99"}), unreachable, "99");
}

TEST(BadInput, wrong_password_is_named_and_never_shown) {
  RedisServer server({"--requirepass", "right"});
  const auto finished = headroom({"audit", server.url()}, {"REDISCLI_AUTH=hunter2"});
  expect_clear_error(finished, unreachable, "password");
  EXPECT_THAT(finished.err, Not(HasSubstr("hunter2")));
}

TEST(BadInput, missing_password_is_named) {
  RedisServer server({"--requirepass", "right"});
  expect_clear_error(headroom({"audit", server.url()}), unreachable, "REDISCLI_AUTH");
}

TEST(BadInput, password_in_the_environment_is_taken) {
  RedisServer server({"--requirepass", "right"});
  EXPECT_EQ(headroom({"audit", server.url()}, {"REDISCLI_AUTH=right"}).status, 0);
}

TEST(BadInput, password_on_the_command_line_works_is_warned_of_and_not_repeated) {  // SEC-1
  RedisServer server({"--requirepass", "hunter2"});
  const auto finished = headroom({"audit", "-s", server.socket_path(), "-a", "hunter2"});
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("REDISCLI_AUTH"));
  EXPECT_THAT(finished.err + finished.out, Not(HasSubstr("hunter2")));
}

TEST(BadInput, queues_of_two_servers_at_once) {
  expect_clear_error(headroom({"queues", "redis://a", "redis://b"}), usage, "one server");
}

TEST(BadInput, cluster_is_not_followed_and_says_what_to_do) {
  expect_clear_error(headroom({"audit", "-c"}), usage, "cluster");
}

TEST(BadInput, tls_against_a_plain_port) {
  const auto port = std::to_string(free_port());
  RedisServer server({"--port", port});
  expect_clear_error(headroom({"audit", "-p", port, "--tls"}), unreachable, "TLS");
}

TEST(BadInput, file_to_compare_with_that_cannot_be_read) {
  RedisServer server;
  expect_clear_error(headroom({"audit", server.url(), "--compare", "/nowhere/old.json"}), usage,
                     "/nowhere/old.json");
}

TEST(BadInput, file_to_compare_with_that_is_no_audit) {
  RedisServer server;
  expect_clear_error(headroom({"audit", server.url(), "--compare", "/etc/hostname"}), usage, "/etc/hostname");
}

TEST(BadInput, policy_with_a_mistake_is_told_with_its_line) {
  RedisServer server;
  const auto policy = server.folder() + "/headroom.toml";
  ASSERT_EQ(run({"sh", "-c", "printf '[[family]]\\nname = 3\\n' > \"$0\"", policy}).status, 0);
  expect_clear_error(headroom({"audit", server.url(), "--policy", policy}), usage, "2");
}

TEST(BadInput, report_that_cannot_be_written) {
  RedisServer server;
  expect_clear_error(headroom({"audit", server.url(), "--output", "/nowhere/report.json"}), usage,
                     "/nowhere/report.json");
}

TEST(BadInput, errors_are_json_where_the_report_would_be) {
  const auto finished = headroom({"audit", "-s", "/nowhere/redis.sock", "--format", "json"});
  EXPECT_EQ(finished.status, unreachable);
  EXPECT_THAT(finished.err, testing::StartsWith("{"));
}

}  // namespace
}  // namespace headroom::test
