#include "memory/reconcile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "kit/redis_server.h"
#include "kit/used_memory.h"

namespace headroom::memory {
namespace {

std::int64_t sum(const std::vector<ReconciliationLine>& lines) {
  return std::accumulate(lines.begin(), lines.end(), std::int64_t{0},
                         [](std::int64_t total, const auto& line) { return total + line.bytes; });
}

std::int64_t bytes_of(const std::vector<ReconciliationLine>& lines, std::string_view name) {
  for (const auto& line : lines)
    if (line.name == name) return line.bytes;
  ADD_FAILURE() << "no line " << name;
  return 0;
}

TEST(Reconcile, sums_to_used_memory_whatever_the_parts_are) {
  ServerFacts server;
  server.used_memory = Bytes{1'000'000};
  server.startup = Bytes{900'000};
  server.keyspace = {{0, 1000, 10}, {3, 5, 5}};
  EXPECT_EQ(sum(reconcile(server, {500'000, 480'000, 520'000})), 1'000'000);
}

TEST(Reconcile, counts_a_table_of_the_next_power_of_two) {
  ServerFacts server;
  server.used_memory = Bytes{1'000'000};
  server.quantum = 8;
  server.keyspace = {{0, 1000, 10}};
  const auto lines = reconcile(server, {});
  EXPECT_EQ(bytes_of(lines, "main tables"), 8 * 1024);
  EXPECT_EQ(bytes_of(lines, "expires tables"), 8 * 16 + 10 * 24);
}

TEST(Reconcile, knows_the_rounding_of_debians_allocator) {
  ServerFacts server;
  server.used_memory = Bytes{1'000'000};
  server.quantum = 16;
  server.keyspace = {{0, 1000, 0}};
  EXPECT_EQ(bytes_of(reconcile(server, {}), "allocator rounding"), 8000);
}

TEST(Reconcile, says_nothing_when_the_server_does_not) { EXPECT_TRUE(reconcile({}, {}).empty()); }

// A server of its own, filled with 200 000 strings of which half have a TTL; what used_memory grew by must be
// explained to 2 %.
class Growth : public testing::Test {
 protected:
  std::uint64_t ask(std::vector<std::string> words) {
    words.insert(words.begin(), {"redis-cli", "-s", server.socket_path()});
    return std::strtoull(test::run(words).out.c_str(), nullptr, 10);
  }
  test::RedisServer server;
};

TEST_F(Growth, of_a_real_server_is_explained) {
  ServerFacts facts;
  facts.startup = Bytes{test::used_memory(server)};
  facts.quantum = 16;
  ask({"eval",
       "for i=1,200000 do redis.call('set', 'key:'..i, string.rep('x', 100)) if i % 2 == 0 then "
       "redis.call('expire', 'key:'..i, 9999) "
       "end end",
       "0"});
  const auto values = static_cast<double>(ask(
      {"eval",
       "local sum = 0 for i=1,200000 do sum = sum + redis.call('memory', 'usage', 'key:'..i) end return sum",
       "0"}));
  facts.used_memory = Bytes{test::used_memory_at_rest(server)};
  facts.keyspace = {{0, 200000, 100000}};
  const auto lines = reconcile(facts, {values, values, values});
  const auto grown = static_cast<double>(facts.used_memory->count - facts.startup->count);
  EXPECT_LT(std::abs(static_cast<double>(bytes_of(lines, "not explained"))), 0.02 * grown);
}

}  // namespace
}  // namespace headroom::memory
