#include "act/quarantine.h"

#include <gtest/gtest.h>

#include "kit/redis_cli.h"

namespace headroom::act {
namespace {

TEST(Quarantine, names_lie_in_the_slot_of_the_key) {
  headroom::test::RedisServer server({"--cluster-enabled", "yes"});
  const auto slot = [&](const std::string& key) {
    return headroom::test::redis_cli(server, {"CLUSTER", "KEYSLOT", key});
  };
  for (const std::string key : {"plain", "{tag}rest", "a{tag}b{c}", "open{only", "a{}b{c", "with space\n"}) {
    const auto name = quarantine_name("0af3", key);
    if (key.find('}') != key.npos && key != "{tag}rest" && key != "a{tag}b{c}") {
      EXPECT_EQ(name, "") << key;
      continue;
    }
    EXPECT_EQ(slot(name), slot(key)) << name;
    EXPECT_EQ(quarantined_key(name), key);
  }
}

TEST(Quarantine, other_names_are_none) {
  for (const auto* name :
       {"", "headroom:q:", "headroom:q:run:", "headroom:q:run:{a", "headroom:q:run:{a}b", "headroom:lease"}) {
    EXPECT_EQ(quarantined_key(name), "") << name;
  }
  EXPECT_EQ(quarantine_name("run", ""), "");
  EXPECT_EQ(quarantine_name("run", "no}tag"), "");
}

}  // namespace
}  // namespace headroom::act
