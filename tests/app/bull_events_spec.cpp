#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/applied.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class BullEvents : public testing::Test {
 protected:
  BullEvents() { produce({"bullmq_finished.mjs", "--jobs", "1500", "--bytes", "20"}, server.url()); }
  std::uint64_t entries() { return std::stoull(redis_cli(server, {"XLEN", stream})); }
  const std::string stream = "bull:mail:events";
  RedisServer server{};
};

// A79: trimmed to what the policy allows, in steps of a thousand at most, by the count alone.
TEST_F(BullEvents, trims_to_the_entries_that_may_stay) {
  const auto all = entries();
  ASSERT_GT(all, 4000U);
  plan::Policy policy;
  const auto plan = planned(server, "bull_events", policy);
  EXPECT_EQ(plan.steps.size(), (all - 1000 + 999) / 1000);
  for (const auto& step : plan.steps) EXPECT_EQ(step.changes[0].limit, 1000);
  EXPECT_TRUE(make(server, plan.steps[0]));
  EXPECT_EQ(entries(), all - 1000);
  make_all(server, plan);
  EXPECT_EQ(entries(), 1000U);
  EXPECT_THAT(plan.rules[0].what, HasSubstr("to 1000 entries"));
}

// What the queue itself allows is less than the policy: the less counts.
TEST_F(BullEvents, keeps_no_more_than_the_queue_itself_says) {
  redis_cli(server, {"HSET", "bull:mail:meta", "opts.maxLenEvents", "300"});
  make_all(server, planned(server, "bull_events", {}));
  EXPECT_EQ(entries(), 300U);
}

// A67: by age, of entries that are within the count.
TEST_F(BullEvents, trims_what_is_too_old) {
  const auto ids =
      redis_cli(server, {"EVAL",
                         "redis.call('DEL', KEYS[1]); local now = redis.call('TIME')[1] * 1000 "
                         "for i = 1, 250 do redis.call('XADD', KEYS[1], (now - 90000000) .. '-' .. i, "
                         "'event', 'added') end for i = 1, 330 do redis.call('XADD', KEYS[1], now .. "
                         "'-' .. i, 'event', 'added') end",
                         "1", stream});
  make_all(server, planned(server, "bull_events", {}));
  EXPECT_EQ(entries(), 330U);
}

// A stream with nothing young in it is emptied, and stays: listeners and its last id depend on it.
TEST_F(BullEvents, empties_a_stream_but_leaves_it) {
  const auto before = redis_cli(server, {"XINFO", "STREAM", stream});
  plan::Policy policy;
  policy.bull.front().event_entries = 0;
  make_all(server, planned(server, "bull_events", policy));
  EXPECT_EQ(entries(), 0U);
  EXPECT_EQ(redis_cli(server, {"EXISTS", stream}), "1");
}

TEST_F(BullEvents, leaves_a_stream_within_its_bounds_alone) {
  make_all(server, planned(server, "bull_events", {}));
  EXPECT_THAT(planned(server, "bull_events", {}).steps, IsEmpty());
}

}  // namespace
}  // namespace headroom::test
