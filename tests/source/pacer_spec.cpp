#include "source/live/pacer.h"

namespace headroom::source {
namespace {

using namespace std::chrono_literals;

TEST(Pacer, never_asks_for_a_rest_at_full_load) {
  Pacer pacer(100);
  pacer.busy(Pacer::Time{});
  EXPECT_FALSE(pacer.rest_due(Pacer::Time{1h}));
}

TEST(Pacer, asks_for_a_rest_in_proportion_to_the_work) {
  Pacer pacer(25);
  const Pacer::Time start{};
  pacer.busy(start);
  EXPECT_FALSE(pacer.rest_due(start + 1ms));
  EXPECT_TRUE(pacer.rest_due(start + 10ms)) << "while it is still outstanding";
  pacer.idle(start + 10ms);
  EXPECT_TRUE(pacer.rest_due(start + 10ms));
  EXPECT_EQ(pacer.take_rest(), 30ms);
  EXPECT_FALSE(pacer.rest_due(start + 40ms));
}

TEST(Pacer, adds_up_short_works_and_does_not_count_the_time_between) {
  Pacer pacer(50);
  Pacer::Time now{};
  for (int i = 0; i < 10; ++i) {
    pacer.busy(now);
    pacer.busy(now += 250us);
    pacer.idle(now += 250us);
    now += 1s;
  }
  EXPECT_TRUE(pacer.rest_due(now));
  EXPECT_EQ(pacer.take_rest(), 5ms);
}

}  // namespace
}  // namespace headroom::source
