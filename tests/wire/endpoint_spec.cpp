#include "wire/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::wire {
namespace {

Endpoint parsed(std::string_view address) {
  auto endpoint = parse_endpoint(address);
  EXPECT_TRUE(endpoint) << address << ": " << (endpoint ? "" : endpoint.error().what);
  return endpoint ? *endpoint : Endpoint{};
}

TEST(Endpoint, has_the_defaults_of_redis_cli) {
  const Endpoint endpoint = parsed("redis://");
  EXPECT_EQ(endpoint.host, "127.0.0.1");
  EXPECT_EQ(endpoint.port, 6379);
  EXPECT_EQ(endpoint.db, 0U);
  EXPECT_FALSE(endpoint.tls.on);
}

TEST(Endpoint, reads_every_part_of_a_redis_address) {
  const Endpoint endpoint = parsed("redis://bob:s%3Acr%40t%25%20%0A@cache.example:6380/15");
  EXPECT_EQ(endpoint.kind, Endpoint::Kind::tcp);
  EXPECT_EQ(endpoint.user, "bob");
  EXPECT_EQ(endpoint.password, "s:cr@t% \n");
  EXPECT_EQ(endpoint.host, "cache.example");
  EXPECT_EQ(endpoint.port, 6380);
  EXPECT_EQ(endpoint.db, 15U);
  EXPECT_TRUE(parsed("rediss://h").tls.on);
  EXPECT_EQ(parsed("redis://h?db=3").db, 3U);
  EXPECT_EQ(parsed("redis://h/?db=3").db, 3U);
}

TEST(Endpoint, F34_takes_passwords_of_any_bytes) {
  EXPECT_EQ(parsed("redis://:p%C3%A4ss@h").password, "p\xc3\xa4ss");
  EXPECT_EQ(parsed("redis://:a:b@h").password, "a:b");
  EXPECT_EQ(parsed("redis://:a@b@h").password, "a@b") << "the last @ ends the login, no host holds one";
  EXPECT_EQ(parsed("redis://bob@h").user, "bob");
  EXPECT_EQ(parsed("redis://bob@h").password, "");
}

TEST(Endpoint, reads_IPv6_in_brackets) {
  const Endpoint endpoint = parsed("redis://u:p@[fe80::1]:7000/2");
  EXPECT_EQ(endpoint.host, "fe80::1");
  EXPECT_EQ(endpoint.port, 7000);
  EXPECT_EQ(endpoint.redacted(), "redis://[fe80::1]:7000/2");
  EXPECT_EQ(parsed("redis://[::1]").host, "::1");
}

TEST(Endpoint, reads_unix_addresses) {
  const Endpoint plain = parsed("unix:///run/redis.sock");
  EXPECT_EQ(plain.kind, Endpoint::Kind::unix_socket);
  EXPECT_EQ(plain.path, "/run/redis.sock");
  const Endpoint full = parsed("unix:///run/a%20b@c.sock?db=4&user=bob&password=p%26q");
  EXPECT_EQ(full.path, "/run/a b@c.sock");
  EXPECT_EQ(full.db, 4U);
  EXPECT_EQ(full.user, "bob");
  EXPECT_EQ(full.password, "p&q");
  const Endpoint login = parsed("unix://bob:pw@/run/redis.sock?db=1");
  EXPECT_EQ(login.user, "bob");
  EXPECT_EQ(login.password, "pw");
  EXPECT_EQ(login.path, "/run/redis.sock");
  EXPECT_EQ(parsed("unix://redis.sock").path, "redis.sock");
}

TEST(Endpoint, SEC_1_shows_neither_password_nor_user) {
  EXPECT_EQ(parsed("redis://bob:canary@h:1/2").redacted(), "redis://h:1/2");
  EXPECT_EQ(parsed("redis://canary@h").redacted(), "redis://h:6379/0");
  EXPECT_EQ(parsed("unix://bob:canary@/run/s?db=2").redacted(), "unix:///run/s?db=2");
  EXPECT_EQ(parsed("unix:///run/s").redacted(), "unix:///run/s");
}

TEST(Endpoint, F33_says_in_every_output_when_the_certificate_is_not_checked) {
  Endpoint endpoint = parsed("rediss://h");
  EXPECT_EQ(endpoint.redacted(), "rediss://h:6379/0");
  endpoint.tls.insecure = true;
  EXPECT_EQ(endpoint.redacted(), "rediss://h:6379/0 (certificate not checked)");
}

TEST(Endpoint, makes_a_hostile_host_harmless) {
  Endpoint endpoint;
  endpoint.host = "a\x1b[2J";
  EXPECT_EQ(endpoint.redacted(), "redis://a\\x1b[2J:6379/0");
}

TEST(Endpoint, SEC_1_names_what_is_wrong_and_quotes_nothing_of_the_address) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"quux7", "no scheme"},
      {"quux7:6379", "no scheme"},
      {"http://:quux7@h", "scheme of the address is not"},
      {"redis://:quux7@h:port", "port is not a number"},
      {"redis://:quu/x7@h", "port is not a number"},
      {"redis://:quu?x7@h", "port is not a number"},
      {"redis://:quu#x7@h", "'#'"},
      {"redis://:quux7@h:0", "port is not a number"},
      {"redis://:quux7@h:65536", "port is not a number"},
      {"redis://:quux7@h:-1", "port is not a number"},
      {"redis://:quux7@h:99999999999", "port is not a number"},
      {"redis://:quux7@h/x", "database is not a number"},
      {"redis://:quux7@h/-1", "database is not a number"},
      {"redis://:quux7@h/0/1", "database is not a number"},
      {"redis://:quux7@h/4294967296", "database is not a number"},
      {"redis://:quu%zzx7@h", "hexadecimal"},
      {"redis://:quux7%4@h", "hexadecimal"},
      {"redis://:quux7@[::1", "bracket"},
      {"redis://:quux7@[::1]x", "follows the IPv6"},
      {"redis://:quux7@::1", "more than one ':'"},
      {"redis://:quux7@h?quux7=1", "parameter"},
      {"redis://h?password=quux7", "parameter"},
      {"redis://:quux7@a%0Ab", "cannot be seen"},
      {"redis://:quux7@a%00b", "cannot be seen"},
      {"unix://:quux7@", "no socket"},
      {"unix://bob:quux7@/run/s?db=x", "database is not a number"},
  };
  for (const auto& [address, what] : wrong) {
    const auto endpoint = parse_endpoint(address);
    ASSERT_FALSE(endpoint) << address;
    const Error& error = endpoint.error();
    EXPECT_THAT(error.what, testing::HasSubstr(what)) << address;
    EXPECT_EQ(error.exit, Exit::usage);
    EXPECT_FALSE(error.where.empty() || error.remedy.empty()) << address;
    for (const auto* secret : {"quu", "x7"}) {
      EXPECT_THAT(error.what + "|" + error.where, testing::Not(testing::HasSubstr(secret))) << address;
    }
    EXPECT_THAT(error.remedy, testing::Not(testing::HasSubstr("quux7")));
  }
}

// SEC-1: for lines that are shown to be typed again
TEST(BareAddress, is_what_is_left_without_the_login) {
  struct Case {
    std::string address, bare, user;
    bool password;
  };
  for (const auto& [address, bare, user, password] :
       std::vector<Case>{{"redis://db:6380/3", "redis://db:6380/3", "", false},
                         {"rediss://ann:p%40@ss@db/3?db=4", "rediss://db/3?db=4", "ann", true},
                         {"redis://:pass@[::1]:7", "redis://[::1]:7", "", true},
                         {"unix:///run/a@b.sock?db=2", "unix:///run/a@b.sock?db=2", "", false},
                         {"unix://ann:pass@/run/a%20b", "unix:///run/a%20b", "ann", true},
                         {"unix:///run/r?password=pass&db=1&user=ann", "unix:///run/r?db=1", "ann", true},
                         {"nonsense://pass@db", "", "", false}}) {
    const auto found = without_login(address);
    EXPECT_EQ(found.address, bare) << address;
    EXPECT_EQ(found.user, user) << address;
    EXPECT_EQ(found.password, password) << address;
  }
}

}  // namespace
}  // namespace headroom::wire
