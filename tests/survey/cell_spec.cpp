#include "survey/cell.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace headroom::survey {
namespace {

KeyRecord of_bytes(double bytes, bool with_ttl = false) {
  KeyRecord record;
  record.type = KeyType::string;
  record.bytes = Bytes{static_cast<std::uint64_t>(bytes)};
  record.expires = with_ttl ? Expires::at : Expires::never;
  return record;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// A cell that has seen all of `values` and measured the first `measured`.
Cell sampled(const std::vector<double>& values, std::size_t measured) {
  Cell cell(0, "p", "p");
  for (std::size_t i = 0; i < values.size(); ++i) {
    cell.count();
    if (i < measured) cell.take(of_bytes(values[i]));
  }
  return cell;
}

using Draw = std::function<double(std::mt19937_64&)>;

std::vector<double> draw(const Draw& distribution, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(std::floor(64 + distribution(dice)));
  return values;
}

// 400 is what the collector takes of every pattern that matters. A kind of key rarer than one in 400/7 may be
// absent from such a sample: no interval made from the sample can know of it, and Cell::half_width says what
// is assumed instead. The promise: in 99.9 % of all samples the truth lies within. 400 samples of each kind
// may miss twice at that rate (a third miss has a probability of 0.8 %, and the seeds are fixed).
void expect_coverage(const char* name, const Draw& distribution) {
  int missed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto values = draw(distribution, 4'000, seed);
    const auto bytes = sampled(values, 400).bytes();
    missed += sum(values) < bytes.low || sum(values) > bytes.high ? 1 : 0;
  }
  EXPECT_LE(missed, 2) << name;
}

TEST(Cell, holds_the_truth_in_its_interval_whatever_the_sizes_are_like) {
  expect_coverage("uniform", [](auto& d) { return std::uniform_real_distribution(0.0, 800.0)(d); });
  expect_coverage("lognormal", [](auto& d) { return std::lognormal_distribution(6.0, 1.0)(d); });
  expect_coverage("two humps", [](auto& d) { return d() % 4 == 0 ? 4000.0 : 200.0; });
  expect_coverage("one in fifty is large", [](auto& d) { return d() % 50 == 0 ? 20'000.0 : 300.0; });
  expect_coverage("constant", [](auto&) { return 100.0; });
}

TEST(Cell, is_exact_when_every_key_was_measured) {
  const auto values = draw([](auto& d) { return std::lognormal_distribution(6.0, 2.0)(d); }, 500, 7);
  const auto group = sampled(values, values.size()).group();
  EXPECT_TRUE(group.bytes.exact());
  EXPECT_NEAR(group.bytes.value, sum(values), 0.5);
  EXPECT_TRUE(group.without_ttl_keys.exact());
  EXPECT_EQ(group.without_ttl_keys.value, 500);
}

TEST(Cell, measures_as_many_as_the_width_allowed_demands) {
  const auto values = draw([](auto& d) { return std::uniform_real_distribution(0.0, 800.0)(d); }, 100'000, 3);
  const auto cell = sampled(values, 500);
  const auto allowed = 0.01 * sum(values);
  const auto enough = sampled(values, cell.needed(allowed));
  EXPECT_NEAR((enough.bytes().high - enough.bytes().low) / 2, allowed, 0.2 * allowed);
}

TEST(Cell, stays_exact_when_two_that_were_measured_whole_become_one) {
  auto one = sampled({100, 200}, 2);
  one.merge(sampled({300}, 1));
  EXPECT_EQ(one.keys(), 3U);
  EXPECT_TRUE(one.bytes().exact());
  EXPECT_NEAR(one.bytes().value, 600, 1e-6);
  EXPECT_EQ(one.group().max.count, 300U);
}

TEST(Cell, keeps_the_interval_of_a_sample_that_it_takes_over) {
  const auto values = draw([](auto& d) { return std::uniform_real_distribution(0.0, 800.0)(d); }, 5000, 11);
  auto one = sampled(values, 100);
  const auto before = one.bytes();
  one.merge(sampled({1000}, 1));
  EXPECT_EQ(one.keys(), 5001U);
  EXPECT_NEAR(one.bytes().low, before.low + 1000, 1e-6);
  EXPECT_NEAR(one.bytes().high, before.high + 1000, 1e-6);
}

TEST(Cell, knows_a_heavy_tail) {
  std::vector<double> values(100, 100.0);
  EXPECT_FALSE(sampled(values, 100).heavy_tailed());
  values[50] = 100'000;
  EXPECT_TRUE(sampled(values, 100).heavy_tailed());
}

TEST(Cell, says_unknown_when_the_source_could_not_see_deadlines) {
  Cell cell(0, "p", "p");
  for (int i = 0; i < 10; ++i) {
    cell.count();
    auto record = of_bytes(100);
    record.expires = Expires::unknown;
    cell.take(record);
  }
  const auto group = cell.group();
  EXPECT_EQ(group.measured_ttl_unknown, 10U);
  EXPECT_EQ(group.without_ttl_keys.low, 0);
  EXPECT_EQ(group.without_ttl_keys.high, 10);
}

TEST(Cell, knows_the_median_and_the_99th_percentile_within_a_fifth) {
  std::vector<double> values;
  for (int i = 1; i <= 1000; ++i) values.push_back(100.0 + i);
  const auto group = sampled(values, 1000).group();
  EXPECT_NEAR(static_cast<double>(group.p50.count), 600, 120);
  EXPECT_NEAR(static_cast<double>(group.p99.count), 1090, 218);
  EXPECT_EQ(group.max.count, 1100U);
}

TEST(Cell, counts_expired_keys_apart_from_those_that_will_expire) {
  using namespace std::chrono_literals;
  Cell cell(0, "p", "p");
  const auto take = [&](std::chrono::milliseconds ttl, double bytes) {
    auto record = of_bytes(bytes, true);
    record.ttl = ttl;
    cell.count(), cell.take(record);
  };
  take(-1ms, 100), take(-100h, 50);
  take(0ms, 10), take(59'999ms, 10), take(60'000ms, 10), take(31 * 24h, 10);
  const auto group = cell.group();
  EXPECT_EQ(group.expired, 2U);
  EXPECT_EQ(group.expired_bytes.count, 150U);
  EXPECT_EQ(group.measured_ttl, (std::array<std::uint64_t, ttl_bucket_count>{2, 1, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(group.without_ttl_keys.high, 0);
}

TEST(Cell, adds_up_the_expired_keys_of_one_that_it_takes_over) {
  auto expired = of_bytes(100, true);
  expired.ttl = std::chrono::milliseconds(-1);
  Cell one(0, "p", "p"), other(0, "p", "p");
  for (auto* cell : {&one, &other}) cell->count(), cell->take(expired);
  one.merge(std::move(other));
  EXPECT_EQ(one.group().expired, 2U);
  EXPECT_EQ(one.group().expired_bytes.count, 200U);
}

// By hand: 1, 2, 3 and 6 have the mean 3 and squared distances 4 + 1 + 0 + 9; what is added to all changes no
// distance.
TEST(ByteSums, know_mean_and_spread_of_small_differences_between_large_numbers) {
  for (const std::uint64_t base : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
    ByteSums sums;
    for (const std::uint64_t more : {1, 2, 3, 6}) sums.add(base + more);
    EXPECT_EQ(sums.moments().count, 4U);
    EXPECT_EQ(sums.moments().mean, static_cast<double>(base) + 3);
    EXPECT_EQ(sums.moments().squares, 14);
  }
}

TEST(ByteSums, bear_sizes_that_cannot_be) {
  ByteSums sums;
  for (int i = 0; i < 1000; ++i) sums.add(~std::uint64_t{0});
  EXPECT_EQ(sums.mean(), 0x1p48);
  EXPECT_EQ(sums.moments().squares, 0);
}

TEST(SizeSketch, has_buckets_of_a_quarter_of_an_octave) {
  for (int quarter = 0; quarter < 100; ++quarter) {
    SizeSketch sketch;
    sketch.add(std::exp2(quarter / 4.0) * 1.0001);
    EXPECT_NEAR(std::log2(sketch.quantile(0.5, 0, 1e12)), (quarter + 0.5) / 4, 1e-9) << quarter;
  }
  SizeSketch nothing;
  nothing.add(0);
  EXPECT_EQ(nothing.quantile(0.5, 0, 0), 0);
}

TEST(Proportion, never_denies_what_was_seen) {
  const auto share = proportion(3, 100, 1000);
  EXPECT_GE(share.low, 3);
  EXPECT_LE(share.high, 1000 - 97);
  EXPECT_NEAR(share.value, 30, 1e-9);
  EXPECT_TRUE(proportion(3, 100, 100).exact());
}

}  // namespace
}  // namespace headroom::survey
