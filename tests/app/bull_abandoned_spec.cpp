#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/aged_server.h"
#include "app/applied.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A queue that is worked off: its jobs are cleaned, its worker is gone.
class Abandoned : public testing::Test {
 protected:
  Abandoned() {
    produce({"bullmq_finished.mjs", "--jobs", "3", "--bytes", "20"}, server.url());
    policy.bull.front().completed = {{}, 0, {}};
    make_all(server, planned(server, "bull_finished", policy));
    redis_cli(server, {"DEL", "bull:mail:stalled-check"});
    redis_cli(server, {"HSET", "bull:mail:metrics:completed", "count", "3", "prevTS", "1700000000000",
                       "prevCount", "0"});
    redis_cli(server, {"RPUSH", "bull:mail:metrics:completed:data", "1", "2"});
    policy.bull.front().abandoned = true;
    policy.bull.front().abandoned_after = std::chrono::seconds(0);
    policy.bull.front().metrics_age = {};
    age_keys(server, 7200);
  }
  RecordedSteps plan() { return planned(server, "bull_abandoned", policy); }
  RedisServer server{};
  plan::Policy policy{};
};

// 5.6: all that is left goes in one step, the settings too.
TEST_F(Abandoned, leaves_nothing_behind) {
  const auto proposed = plan();
  ASSERT_THAT(proposed.steps, SizeIs(1)) << testing::PrintToString(reasons(proposed));
  EXPECT_EQ(make_all(server, proposed), 1U);
  EXPECT_EQ(redis_cli(server, {"KEYS", "*"}), "");
}

TEST_F(Abandoned, is_not_what_is_off_by_default) {
  policy.bull.front().abandoned = false;
  EXPECT_THAT(plan().steps, IsEmpty());
}

TEST_F(Abandoned, is_no_queue_with_a_heartbeat) {
  redis_cli(server, {"SET", "bull:mail:stalled-check", "1"});
  EXPECT_THAT(plan().steps, IsEmpty());
}

TEST_F(Abandoned, is_no_queue_that_holds_work) {
  redis_cli(server, {"ZADD", "bull:mail:repeat", "1", "nightly"});
  EXPECT_THAT(plan().steps, IsEmpty());
}

TEST_F(Abandoned, is_no_queue_that_somebody_paused) {
  redis_cli(server, {"HSET", "bull:mail:meta", "paused", "1"});
  age_keys(server, 7200);
  const auto proposed = plan();
  EXPECT_THAT(proposed.steps, IsEmpty());
  EXPECT_THAT(reasons(proposed), Contains(HasSubstr("miss its settings")));
}

TEST_F(Abandoned, is_no_queue_that_was_touched_or_had_an_event_of_late) {
  redis_cli(server, {"GET", "bull:mail:id"});
  EXPECT_THAT(reasons(plan()), Contains(HasSubstr("within the last hour")));
  age_keys(server, 7200);
  policy.bull.front().abandoned_after = std::chrono::hours(1);
  EXPECT_THAT(reasons(plan()), Contains(HasSubstr("not long enough ago")));
}

// F42: a job that is added after the plan keeps everything.
TEST_F(Abandoned, queue_that_came_back_is_left_alone) {
  const auto proposed = plan();
  ASSERT_THAT(proposed.steps, SizeIs(1));
  redis_cli(server, {"INCR", "bull:mail:id"});
  EXPECT_EQ(make_all(server, proposed), 0U);
  EXPECT_EQ(redis_cli(server, {"EXISTS", "bull:mail:meta", "bull:mail:events"}), "2");
}

// A68 A86: metrics of queues without workers, by their own time.
TEST_F(Abandoned, metrics_go_by_their_age) {
  policy.bull.front().abandoned = false;
  policy.bull.front().metrics_age = std::chrono::hours(48);
  const auto proposed = plan();
  EXPECT_EQ(keys_of(proposed, "bull-metrics"), std::vector<std::string>{"bull:mail:metrics:completed"});
  EXPECT_EQ(make_all(server, proposed), 1U);
  EXPECT_EQ(redis_cli(server, {"EXISTS", "bull:mail:metrics:completed", "bull:mail:metrics:completed:data"}),
            "0");
  redis_cli(server, {"HSET", "bull:mail:metrics:completed", "count", "3", "prevTS", "1700000000000"});
  redis_cli(server, {"SET", "bull:mail:stalled-check", "1"});
  EXPECT_THAT(plan().steps, IsEmpty());
}

}  // namespace
}  // namespace headroom::test
