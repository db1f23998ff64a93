#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>

#include "app/applied.h"
#include "kit/redis_cli.h"
#include "kit/running_program.h"

// The live protocol under fire (bull-bullmq.md 5.1): real BullMQ 6, 5 and 4 at full load, orphans put among
// their jobs, and a plan made and applied again and again. Every orphan is found, no other key is ever taken
// for one.
namespace headroom::test {
namespace {

using Json = nlohmann::json;

/// Copies the hashes of finished jobs under ids of their own that nothing names.
std::set<std::string> inject(const RedisServer& server, const std::string& root, int round, int count) {
  std::set<std::string> keys;
  for (int i = 0; i < count; ++i)
    keys.insert(root + ":lost-" + std::to_string(round) + "-" + std::to_string(i));
  const auto made = redis_cli(server, {"EVAL", R"(
    local ids = redis.call('ZRANGE', KEYS[1] .. ':completed', 0, ARGV[2] - 1)
    if #ids == 0 then return 0 end  -- its retention has just emptied it
    for i = 0, ARGV[2] - 1 do
      local from = KEYS[1] .. ':' .. ids[1 + i % #ids]
      local to = KEYS[1] .. ':lost-' .. ARGV[1] .. '-' .. i
      redis.call('COPY', from, to)
      redis.call('HDEL', to, 'parentKey', 'parent')
    end
    return tonumber(ARGV[2]))",
                                       "1", root, std::to_string(round), std::to_string(count)});
  return made == std::to_string(count) ? keys : std::set<std::string>{};
}

// A80 A87 F42: ten rounds, and nothing that a library needed is missing afterwards.
TEST(BullDebrisUnderLoad, finds_every_orphan_and_nothing_else) {
  RedisServer server;
  RunningProgram load({"node", HEADROOM_TREE "/tests/live/producers/bullmq_load.mjs", "--url", server.url()});
  const auto ready = Json::parse(load.line());
  plan::Policy policy;
  policy.bull.front().orphan_age = std::chrono::seconds(0);
  policy.bull.front().deduplication = false;
  std::size_t injected = 0, removed = 0;
  std::set<std::string> alive;
  for (int round = 0; round < 10 && !testing::Test::HasFailure(); ++round) {
    for (const auto& queue : ready["queues"]) {
      auto keys = inject(server, queue["root"], round, 50);
      injected += keys.size();
      alive.merge(keys);
    }
    const auto proposed = planned(server, "bull_debris", policy);
    for (const auto& step : proposed.steps) {
      const auto& rule = proposed.rules[step.rule].name;
      if (rule == "bull-orphans" || rule == "bull-orphans-blocking") {
        EXPECT_EQ(alive.count(step.keys[0]), 1U) << rule << " " << step.keys[0];
      } else {
        EXPECT_TRUE(false) << rule << " " << step.keys[0];
      }
    }
    removed += make_all(server, proposed);
    for (const auto& step : proposed.steps)
      if (redis_cli(server, {"EXISTS", step.keys[0]}) == "0") alive.erase(step.keys[0]);
  }
  load.end_input();
  const auto last = Json::parse(load.line());
  // A queue that was paused or resumed during a round gives nothing away in it; now that all are quiet, the
  // rest.
  std::cout << removed << " of " << injected << " orphans removed at full load\n";
  EXPECT_GT(removed, 0U);
  const auto quiet = planned(server, "bull_debris", policy);
  removed += make_all(server, quiet);
  EXPECT_EQ(removed, injected) << testing::PrintToString(reasons(quiet));
  std::cout << injected << " orphans; problems of the libraries: " << last["problems"].dump() << "\n";
}

}  // namespace
}  // namespace headroom::test
