#include "wire/redaction.h"

#include <gtest/gtest.h>

#include "kit/redis_server.h"
#include "wire/connection.h"

namespace headroom::wire {
namespace {

TEST(Redaction, SEC_1_hides_secrets_that_are_set) {
  for (const auto* name : {"requirepass", "REQUIREPASS", "masterauth", "primaryauth", "tls-key-file-pass",
                           "tls-client-key-file-pass", "auth-pass"}) {
    EXPECT_EQ(redact_config(name, "canary"), "(redacted)") << name;
    EXPECT_EQ(redact_config(name, ""), "") << "no password is a finding";
  }
}

TEST(Redaction, leaves_the_rest_alone) {
  for (const auto* name : {"maxmemory", "maxmemory-policy", "tls-key-file", "tls-auth-clients", "save",
                           "masteruser", "aclfile"}) {
    EXPECT_EQ(redact_config(name, "value"), "value") << name;
  }
}

TEST(Redaction, SEC_1_lets_no_canary_through_from_a_real_server) {
  const test::RedisServer server({"--requirepass", "canary-a", "--masterauth", "canary-b",
                                  "--tls-key-file-pass", "canary-c", "--tls-client-key-file-pass",
                                  "canary-d"});
  Endpoint endpoint = parse_endpoint(server.url()).value();
  endpoint.password = "canary-a";
  const auto connection = Connection::open(endpoint, "test");
  ASSERT_TRUE(connection);
  const auto reply = (*connection)->call(std::vector<std::string_view>{"CONFIG", "GET", "*"});
  ASSERT_TRUE(reply);
  std::size_t hidden = 0;
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    const auto kept = redact_config(reply->items[i].text, reply->items[i + 1].text);
    EXPECT_EQ(kept.find("canary"), std::string::npos) << reply->items[i].text;
    hidden += kept == "(redacted)";
  }
  EXPECT_EQ(hidden, 4U);
}

}  // namespace
}  // namespace headroom::wire
