#include "plan/expiry_spread.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace headroom::plan {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::array<Estimate, ttl_bucket_count> nothing{};
constexpr milliseconds now = 1'800'000'000'000ms;

std::map<std::int64_t, int> per_second(ExpirySpread& spread, milliseconds earliest, int keys) {
  std::map<std::int64_t, int> seconds;
  for (int i = 0; i < keys; ++i) ++seconds[spread.next(earliest).count() / 1000];
  return seconds;
}

// TTL-2: never more than so many a second, and no key before its time
TEST(ExpirySpread, gives_no_second_more_than_its_share) {
  ExpirySpread spread(100, now, nothing);
  const auto seconds = per_second(spread, now + 1h, 1000);
  EXPECT_EQ(seconds.begin()->first, (now + 1h).count() / 1000);
  EXPECT_EQ(seconds.size(), 10U);
  for (const auto& [second, keys] : seconds) EXPECT_EQ(keys, 100);
}

// TTL-2: jitter per key
TEST(ExpirySpread, gives_the_keys_of_a_second_moments_of_their_own) {
  ExpirySpread spread(100, now, nothing);
  std::set<std::int64_t> moments;
  for (int i = 0; i < 300; ++i) moments.insert(spread.next(now + 1h).count());
  EXPECT_EQ(moments.size(), 300U);
}

// TTL-2: keys that expire anyhow are counted
TEST(ExpirySpread, leaves_room_for_what_expires_anyhow) {
  auto existing = nothing;
  existing[3] = {18'000 * 40.0, 18'000 * 40.0, 18'000 * 40.0};  // 1 h to 6 h: 40 a second
  ExpirySpread spread(100, now, existing);
  for (const auto& [second, keys] : per_second(spread, now + 2h, 600)) EXPECT_EQ(keys, 60);
}

TEST(ExpirySpread, goes_on_behind_a_time_that_is_full_already) {
  auto existing = nothing;
  existing[2] = {3000 * 100.0, 3000 * 100.0, 3000 * 100.0};  // 10 min to 1 h
  ExpirySpread spread(100, now, existing);
  EXPECT_EQ(spread.next(now + 20min), now + 1h);
}

TEST(ExpirySpread, counts_deadlines_of_different_rules_together) {
  ExpirySpread spread(10, now, nothing);
  std::map<std::int64_t, int> seconds;
  for (int i = 0; i < 30; ++i) {
    ++seconds[spread.next(now + 1h).count() / 1000];
    ++seconds[spread.next(now + 1h + 1s).count() / 1000];
  }
  for (const auto& [second, keys] : seconds) EXPECT_LE(keys, 10);
}

}  // namespace
}  // namespace headroom::plan
