#include "memory/key_tables.h"

#include <gtest/gtest.h>

#include "memory/calibrate.h"
#include "memory/reconcile.h"

namespace headroom::memory {
namespace {

ServerModel server(Flavour flavour, Version version) {
  ServerModel model;
  model.flavour = flavour;
  model.version = version;
  return model;
}

TEST(KeyTables, are_the_next_power_of_two_of_pointers) {
  const auto tables = key_tables(server(Flavour::redis, {7, 0}), Keyspace{0, 1024, 3});
  EXPECT_EQ(tables.main.count, 8 * 1024);
  EXPECT_EQ(tables.expires.count, 8 * 4);
}

TEST(KeyTables, double_at_once_when_full_since_7_4) {
  EXPECT_EQ(key_tables(server(Flavour::redis, {7, 4}), Keyspace{0, 1024, 0}).main.count, 8 * 2048);
  EXPECT_EQ(key_tables(server(Flavour::valkey, {8, 0}), Keyspace{0, 1024, 0}).main.count, 8 * 2048);
}

// A table of 8 buckets holds 56; the average of what does not fit is read from the source, not measured.
TEST(KeyTables, of_valkey_8_1_are_buckets_of_seven) {
  EXPECT_EQ(key_tables(server(Flavour::valkey, {8, 1}), Keyspace{0, 7, 0}).main.count, 64);
  EXPECT_GE(key_tables(server(Flavour::valkey, {8, 1}), Keyspace{0, 28, 0}).main.count, 4 * 64);
  EXPECT_LT(key_tables(server(Flavour::valkey, {8, 1}), Keyspace{0, 700'000, 0}).main.count,
            131072 * 64 * 5 / 4);
}

TEST(KeyTables, do_not_loop_or_wrap_for_numbers_of_keys_that_cannot_be) {
  const Keyspace db{0, ~std::uint64_t{0}, ~std::uint64_t{0}};
  for (const auto version : {Version{7, 0}, Version{8, 2}, Version{8, 1}})
    for (const auto flavour : {Flavour::redis, Flavour::valkey})
      EXPECT_LE(key_tables(server(flavour, version), db).main.count, std::uint64_t{1} << 60);
}

// n - b (1 - (1 - 1/b)^n), by hand.
TEST(Collisions, follow_from_chance) {
  EXPECT_NEAR(expected_collisions(1000, 1024), 361.6, 1);
  EXPECT_NEAR(expected_collisions(1, 4), 0, 1e-9);
  EXPECT_EQ(expected_collisions(0, 0), 0);
}

// memory-model.md: 258,226 cache keys of a median of 148 bytes under quantum 16: the model is off by 0.05 %,
// with 8 by 2.6 %.
TEST(Calibrate, finds_the_allocator_of_debian) {
  const auto model = server(Flavour::redis, {7, 0});
  const std::uint64_t keys = 258'226, tables = 8 * 262'144, used = 89'893'384 + 876'344;
  const Keyspace db{0, keys, 0};
  const KeySums sums{{87'550'000 - tables}, {89'904'752 - tables}};
  const auto fit = calibrate(model, sums, {&db, 1}, {used});
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->quantum, 16);
  EXPECT_TRUE(fit->clear);
  EXPECT_LT(std::abs(fit->residual_percent), 0.1);
  EXPECT_NEAR(fit->other_percent, 2.6, 0.1);
  EXPECT_EQ(fit->unattributed, static_cast<std::int64_t>(used - fit->explained.count));
}

TEST(Calibrate, does_not_decide_where_both_fit) {
  const auto fit = calibrate(server(Flavour::redis, {7, 0}), {{99'000'000}, {99'200'000}}, {}, {100'000'000});
  ASSERT_TRUE(fit);
  EXPECT_FALSE(fit->clear);
}

TEST(Calibrate, says_nothing_of_a_server_that_used_nothing) {
  EXPECT_FALSE(calibrate({}, {{1}, {1}}, {}, {0}));
}

TEST(Reconcile, adds_to_a_models_sum_only_the_tables) {
  ServerFacts facts;
  facts.version = "7.0.15";
  facts.quantum = 16;
  facts.used_memory = Bytes{1'000'000};
  facts.keyspace = {{0, 1000, 10}};
  const auto lines = reconcile(facts, {500'000, 500'000, 500'000}, KeysHold::model);
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(lines[1].bytes, 8 * 1024);
  EXPECT_EQ(lines[2].name, "expires tables");
  EXPECT_EQ(lines[2].bytes, 8 * 16);
  for (const auto& line : lines) EXPECT_NE(line.name, "allocator rounding");
  EXPECT_EQ(lines.back().bytes, 1'000'000 - 500'000 - 8 * 1024 - 8 * 16);
}

}  // namespace
}  // namespace headroom::memory
