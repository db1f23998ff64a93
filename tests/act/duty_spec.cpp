#include "act/duty.h"

#include <gtest/gtest.h>

namespace headroom::act {
namespace {

using namespace std::chrono_literals;

/// Batches of `busy` with `own` work of ours between them, resting as told; the share of time that was busy.
double share_of(double asked, std::chrono::nanoseconds busy, std::chrono::nanoseconds own,
                std::chrono::nanoseconds oversleep = 0ns) {
  Duty::Time now{};
  Duty duty(asked, 500us, 2ms, 100, now);
  std::chrono::nanoseconds total{};
  for (int i = 0; i < 1000; ++i) {
    now += busy, total += busy;
    duty.served(busy, 100);
    now += own;
    if (const auto rest = duty.rest(now); rest > 0ns) now += rest + oversleep;
    duty.rest(now);
  }
  return static_cast<double>(total.count()) / static_cast<double>((now - Duty::Time{}).count());
}

// THR-1: at 25 % three times the busy time is rested.
TEST(Duty, keeps_the_share_that_was_asked_for) {
  EXPECT_NEAR(share_of(0.25, 400us, 0us), 0.25, 0.01);
  EXPECT_NEAR(share_of(0.10, 170us, 10us), 0.10, 0.01);
  EXPECT_NEAR(share_of(1, 400us, 0us), 1, 0.001);
}

// THR-1: our own work between two requests is rest for the server.
TEST(Duty, counts_our_own_work_and_long_sleeps_as_rest) {
  EXPECT_NEAR(share_of(0.25, 400us, 600us), 0.25, 0.01);
  EXPECT_NEAR(share_of(0.25, 400us, 0us, 300us), 0.25, 0.01);
  EXPECT_NEAR(share_of(0.25, 400us, 2400us), 1.0 / 7, 0.01);
}

// THR-1: what is owed is not lost when it is too short for a rest of its own.
TEST(Duty, saves_up_short_rests) {
  Duty::Time now{};
  Duty duty(0.25, 500us, 2ms, 100, now);
  now += 500us;
  duty.served(500us, 100);
  EXPECT_FALSE(duty.rest_due());
  EXPECT_EQ(duty.rest(now), 0ns);
  now += 20ms;
  duty.served(20ms, 100);
  EXPECT_TRUE(duty.rest_due());
  EXPECT_EQ(duty.rest(now), 61500us);
}

// THR-1: a pause of minutes is no leave to press without rest afterwards.
TEST(Duty, a_long_pause_earns_no_burst) {
  Duty duty(0.25, 500us, 2ms, 100, Duty::Time{});
  EXPECT_EQ(duty.rest(Duty::Time{} + 10min), 0ns);
  duty.served(20ms, 100);
  EXPECT_GE(duty.rest(Duty::Time{} + 10min + 20ms), 55ms);
}

// THR-1 APPLY-3: batches are sized by how long they take, up to 100; below 16 the time is the server's own.
TEST(Duty, sizes_batches_by_service_time) {
  Duty duty(0.25, 500us, 2ms, 100, Duty::Time{});
  EXPECT_EQ(duty.batch(), 100);
  duty.served(1ms, 100);  // 10 us each where 5 us are meant: an eighth of that is believed
  EXPECT_EQ(duty.batch(), 88);
  for (int i = 0; i < 60; ++i) duty.served(10us * duty.batch(), duty.batch());
  EXPECT_NEAR(static_cast<double>(duty.batch()), 50, 1);
  duty.served(2001us, duty.batch());  // above the most: half
  EXPECT_NEAR(static_cast<double>(duty.batch()), 25, 1);
  for (int i = 0; i < 20; ++i) duty.served(50ms, 1);
  EXPECT_EQ(duty.batch(), 16);
  for (int i = 0; i < 100; ++i) duty.served(100us, duty.batch());
  EXPECT_EQ(duty.batch(), 100);
}

// APPLY-3 A69 A90: the first size is the user's, within the limits.
TEST(Duty, takes_the_first_size_within_1_and_100) {
  EXPECT_EQ(Duty(0.25, 500us, 2ms, 40, {}).batch(), 40);
  EXPECT_EQ(Duty(0.25, 500us, 2ms, 0, {}).batch(), 1);
  EXPECT_EQ(Duty(0.25, 500us, 2ms, 5000, {}).batch(), 100);
}

// THR-1: a short batch that took little says nothing about long ones.
TEST(Duty, does_not_grow_by_batches_that_were_not_filled) {
  Duty duty(0.25, 500us, 2ms, 50, Duty::Time{});
  for (int i = 0; i < 50; ++i) duty.served(10us, 3);
  EXPECT_EQ(duty.batch(), 50);
}

}  // namespace
}  // namespace headroom::act
