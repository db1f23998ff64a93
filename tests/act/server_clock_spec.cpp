#include "act/execute/server_clock.h"

#include <gtest/gtest.h>

#include "act/execute/pipeline.h"
#include "act/pressure_kit.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;

// THR-1: requests on two connections overlap in the server's time; no moment is counted twice.
TEST(ServerClock, counts_no_moment_twice) {
  ServerClock clock;
  clock.worked(1000us, 1400us);
  clock.worked(1200us, 1700us);
  EXPECT_EQ(clock.take(100).at_work, 700us);
  EXPECT_EQ(clock.take(100).at_work, 0us);
  clock.worked(5000us, 5200us);
  EXPECT_EQ(clock.take(7).at_work, 200us);
}

// F35: a clock that is set is no work.
TEST(ServerClock, a_clock_that_is_set_is_no_work) {
  ServerClock clock;
  clock.worked(1'000'000us, 900'000us);
  EXPECT_EQ(clock.take(1).at_work, 0us);
  clock.worked(900'000us, std::chrono::hours(2));
  EXPECT_EQ(clock.take(1).at_work, 0us);
}

// THR-1: what a round took stands between two looks at the server's clock, in it and behind it nothing of
// ours.
TEST(ServerClock, is_asked_before_and_behind_each_round) {
  const test::RedisServer server({"--enable-debug-command", "yes"});
  const auto link = test::connect(server);
  ServerClock clock;
  Pipeline pipeline(*link, &clock);
  for (int round = 0; round < 2; ++round) {
    std::size_t answers = 0;
    pipeline.ask({"DEBUG", "SLEEP", "0.05"},
                 [&](const wire::Reply& reply) { answers += reply.text == "OK"; });
    pipeline.ask({"PING"}, [&](const wire::Reply& reply) { answers += reply.text == "PONG"; });
    pipeline.send();
    ASSERT_FALSE(pipeline.run());
    EXPECT_EQ(answers, 2);
    const auto served = clock.take(2);
    EXPECT_GE(served.at_work, 50ms);
    EXPECT_GE(served.waited + 1ms, served.at_work);
  }
}

}  // namespace
}  // namespace headroom::act
