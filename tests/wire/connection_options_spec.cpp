#include "wire/connection_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace headroom::wire {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Environment environment(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

struct Case {
  std::string name;
  ConnectionOptions options;
  Variables variables;
  std::string address;  ///< expected, redacted
  std::string user;
  std::string password;
};

ConnectionOptions with(auto change) {
  ConnectionOptions options;
  change(options);
  return options;
}

std::vector<Case> cases() {
  const Variables all{{"REDIS_URL", "redis://ann:url@env.example:7000/5"},
                      {"REDIS_HOST", "host.example"},
                      {"REDIS_PORT", "7001"},
                      {"REDIS_PASSWORD", "env"},
                      {"REDISCLI_AUTH", "cli"}};
  Variables no_url = all;
  no_url.erase("REDIS_URL");
  return {
      {"nothing", {}, {}, "redis://127.0.0.1:6379/0", "", ""},
      {"empty variables are not set",
       {},
       {{"REDIS_URL", ""}, {"REDIS_HOST", ""}, {"REDIS_PORT", ""}},
       "redis://127.0.0.1:6379/0",
       "",
       ""},
      {"REDIS_URL before REDIS_HOST, its password before REDISCLI_AUTH",
       {},
       all,
       "redis://env.example:7000/5",
       "ann",
       "url"},
      {"host and port of the environment", {}, no_url, "redis://host.example:7001/0", "", "cli"},
      {"REDIS_PASSWORD is last", {}, {{"REDIS_PASSWORD", "env"}}, "redis://127.0.0.1:6379/0", "", "env"},
      {"REDISCLI_AUTH fills an address without a password",
       {},
       {{"REDIS_URL", "redis://h"}, {"REDISCLI_AUTH", "cli"}},
       "redis://h:6379/0",
       "",
       "cli"},
      {"-u before the environment", with([](auto& o) { o.url = "redis://flag:1/1"; }), all,
       "redis://flag:1/1", "", "cli"},
      {"-u with a password", with([](auto& o) { o.url = "redis://bob:pw@flag"; }), all, "redis://flag:6379/0",
       "bob", "pw"},
      {"-a before all", with([](auto& o) { o.url = "redis://bob:pw@flag", o.password = "a"; }), all,
       "redis://flag:6379/0", "bob", "a"},
      {"-h puts REDIS_URL out, its password too",
       with([](auto& o) { o.host = "flag"; }),
       {{"REDIS_URL", "redis://:url@env"}},
       "redis://flag:6379/0",
       "",
       ""},
      {"-h with the port of the environment", with([](auto& o) { o.host = "flag"; }), all,
       "redis://flag:7001/0", "", "cli"},
      {"-p with the host of the environment", with([](auto& o) { o.port = 1; }), all,
       "redis://host.example:1/0", "", "cli"},
      {"-p alone", with([](auto& o) { o.port = 1; }), {}, "redis://127.0.0.1:1/0", "", ""},
      {"-s", with([](auto& o) { o.socket = "/run/s", o.db = 2; }), all, "unix:///run/s?db=2", "", "cli"},
      {"-n and --user before the address", with([](auto& o) { o.db = 9, o.user = "eve"; }), all,
       "redis://env.example:7000/9", "eve", "url"},
      {"--tls",
       with([](auto& o) { o.tls = true, o.host = "h", o.ca_file = "ca.pem"; }),
       {},
       "rediss://h:6379/0",
       "",
       ""},
      {"--insecure is shown",
       with([](auto& o) { o.url = "rediss://h", o.insecure = true; }),
       {},
       "rediss://h:6379/0 (certificate not checked)",
       "",
       ""},
      {"Kubernetes' REDIS_PORT is not ours",
       {},
       {{"REDIS_HOST", "h"}, {"REDIS_PORT", "tcp://10.0.0.1:6379"}},
       "redis://h:6379/0",
       "",
       ""},
  };
}

TEST(ConnectionOptions, flags_win_over_the_environment_and_that_over_defaults) {
  for (const auto& c : cases()) {
    const auto endpoint = resolve_endpoint(c.options, environment(c.variables));
    ASSERT_TRUE(endpoint) << c.name << ": " << endpoint.error().what;
    EXPECT_EQ(endpoint->redacted(), c.address) << c.name;
    EXPECT_EQ(endpoint->user, c.user) << c.name;
    EXPECT_EQ(endpoint->password, c.password) << c.name;
  }
}

TEST(ConnectionOptions, carry_the_TLS_settings) {
  const auto options = with([](auto& o) {
    o.tls = true, o.ca_file = "ca", o.ca_folder = "cas", o.certificate = "crt", o.key = "key",
    o.server_name = "sni";
  });
  const auto endpoint = resolve_endpoint(options, environment({}));
  ASSERT_TRUE(endpoint);
  EXPECT_TRUE(endpoint->tls.on);
  EXPECT_EQ(endpoint->tls.ca_file, "ca");
  EXPECT_EQ(endpoint->tls.ca_folder, "cas");
  EXPECT_EQ(endpoint->tls.certificate, "crt");
  EXPECT_EQ(endpoint->tls.key, "key");
  EXPECT_EQ(endpoint->tls.server_name, "sni");
  EXPECT_FALSE(endpoint->tls.insecure);
}

struct Wrong {
  std::string what;
  std::string where;
  ConnectionOptions options;
  Variables variables = {};
};

TEST(ConnectionOptions, SEC_1_refuse_what_cannot_be_meant_without_a_password_in_the_text) {
  const std::vector<Wrong> wrong{
      {"-u and one of", "options", with([](auto& o) { o.url = "redis://:canary@h", o.host = "h"; })},
      {"-u and one of", "options", with([](auto& o) { o.url = "redis://:canary@h", o.socket = "/s"; })},
      {"-s and one of", "options", with([](auto& o) { o.socket = "/s", o.port = 1; })},
      {"port is not", "-p", with([](auto& o) { o.port = 65536; })},
      {"port is not", "-p", with([](auto& o) { o.port = 0; })},
      {"port is not", "REDIS_PORT", {}, {{"REDIS_PORT", "0x10"}}},
      {"port is not", "REDIS_PORT", {}, {{"REDIS_PORT", " 6379"}}},
      {"no scheme", "REDIS_URL", {}, {{"REDIS_URL", "canary"}}},
      {"host is empty", "-h", with([](auto& o) { o.host = ""; })},
      {"would not be encrypted", "options", with([](auto& o) { o.ca_file = "ca"; })},
      {"would not be encrypted", "options", with([](auto& o) { o.insecure = true; })},
      {"would not be encrypted", "options", with([](auto& o) { o.server_name = "x"; })},
      {"need each other", "options", with([](auto& o) { o.tls = true, o.certificate = "crt"; })},
      {"need each other", "options", with([](auto& o) { o.tls = true, o.key = "key"; })},
      {"Unix socket", "--tls", with([](auto& o) { o.tls = true, o.socket = "/s"; })},
      {"without a password", "the login", with([](auto& o) { o.url = "redis://canary@h"; })},
  };
  for (const auto& w : wrong) {
    const auto endpoint = resolve_endpoint(w.options, environment(w.variables));
    ASSERT_FALSE(endpoint) << w.what;
    const Error& error = endpoint.error();
    EXPECT_THAT(error.what, testing::HasSubstr(w.what));
    EXPECT_THAT(error.where, testing::HasSubstr(w.where));
    EXPECT_EQ(error.exit, Exit::usage);
    EXPECT_THAT(error.what + error.where + error.remedy, testing::Not(testing::HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace headroom::wire
