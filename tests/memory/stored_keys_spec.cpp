#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "kit/redis_server.h"
#include "kit/server_builds.h"
#include "kit/used_memory.h"
#include "memory/calibrate.h"
#include "memory/key_model.h"
#include "memory/key_tables.h"
#include "source/rdb/decoder.h"
#include "source/rdb/file_input.h"

/// The model against a real server: what used_memory grew by must be what the file of its keys says. Sizes
/// around every threshold are bench/memory_model's; here is one value of each kind.
namespace headroom::memory {
namespace {

struct Sums {
  Keyspace db{};
  Bytes bytes{};
};

class SumOfFile final : public source::rdb::Events {
 public:
  explicit SumOfFile(const ServerModel& server) : model_(server) {}
  Reading key(const StoredKey&) override { return Reading::nothing; }
  void parts(const StoredKey& key, std::span<const Part> parts) override { model_.parts(key, parts); }
  void node(const StoredKey& key, std::uint64_t length, bool plain) override {
    model_.node(key, length, plain);
  }
  void piece(const StreamPiece& piece) override { model_.piece(piece); }
  void ends(const StoredKey& key, const ValueSize& size) override {
    ++sums.db.keys;
    sums.db.expires += key.expires;
    sums.bytes += model_.finish(key, size);
  }
  Sums sums{};

 private:
  KeyModel model_;
};

/// The model of a server of Debian, by what it says of itself.
ServerModel model_of(const std::string& info) {
  const auto word = [&](const std::string& name) {
    const auto at = info.find("\n" + name + ":");
    if (at == std::string::npos) return std::string();
    const auto from = at + name.size() + 2;
    return info.substr(from, info.find('\r', from) - from);
  };
  ServerFacts facts;
  const auto valkey = word("valkey_version");
  facts.flavour = valkey.empty() ? "redis" : "valkey";
  facts.version = valkey.empty() ? word("redis_version") : valkey;
  facts.quantum = 16;
  return server_model(facts, Held::live);
}

class StoredKeys : public test::EachServer {
 protected:
  void SetUp() override {
    EachServer::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<test::RedisServer>(
        std::vector<std::string>{"--enable-debug-command", "yes", "--latency-tracking", "no"},
        GetParam().program);
    model_ = model_of("\n" + ask({"info", "server"}));
  }
  std::string ask(std::vector<std::string> words) {
    words.insert(words.begin(), {"redis-cli", "-s", server_->socket_path()});
    return test::run(words).out;
  }
  Sums read_file(Held held, Allocator allocator = Allocator::jemalloc_16) {
    auto model = model_;
    model.allocator = allocator;
    model.held = held;
    SumOfFile sum(model);
    const auto input = source::rdb::open_file(server_->folder() + "/dump.rdb");
    EXPECT_TRUE(input);
    if (!input) return {};
    EXPECT_TRUE(source::rdb::decode(*source::rdb::read_ahead(**input), sum).complete);
    return sum.sums;
  }
  /// `commands` run once for each i from 1 to `keys`; k is the name of the key.
  void expect_true_after(const std::string& commands, int keys) {
    // Every command once: the server makes room for its statistics, and for the script.
    const auto script =
        "for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do local k = 'key:' .. i " + commands + " end";
    ask({"eval", script, "0", "1", "1"});
    ask({"flushall", "sync"});
    const auto empty = test::used_memory_at_rest(*server_);
    ask({"eval", script, "0", "1", std::to_string(keys)});
    const auto grown = test::used_memory_at_rest(*server_) - empty;
    ask({"save"});
    expect_near(read_file(Held::live), grown, "live");
    ask({"debug", "reload"});
    expect_near(read_file(Held::packed), test::used_memory_at_rest(*server_) - empty, "after a restart");
  }
  void expect_near(const Sums& file, std::uint64_t grown, const char* when) const {
    const auto tables = key_tables(model_, file.db);
    const auto said = static_cast<double>((file.bytes + tables.main + tables.expires).count);
    const auto real = static_cast<double>(grown);
    EXPECT_NEAR(said, real, 0.01 * real) << when;
  }
  std::unique_ptr<test::RedisServer> server_{};
  ServerModel model_{};
};

TEST_P(StoredKeys, that_are_strings_take_what_the_model_says) {
  expect_true_after(
      "redis.call('set', k, string.rep('x', i % 300)) if i % 2 == 0 then redis.call('expire', k, 9999) end",
      20'000);
}

// Each with names of its own: the same names meet alike in the tables of all hashes, as the server's seed of
// the day has it, and an average says little of that.
TEST_P(StoredKeys, that_are_hashes_take_what_the_model_says) {
  expect_true_after(
      "redis.call('hset', k, 'name', 'mail', 'data', string.rep('x', 50 + i % 100), 'opts', '{}') for f = 1, "
      "i % 40 do "
      "redis.call('hset', k, f .. ':' .. i, f) end",
      4'000);
}

TEST_P(StoredKeys, that_are_sets_and_sorted_sets_take_what_the_model_says) {
  expect_true_after(
      "for m = 1, i % 300 do if i % 2 == 0 then redis.call('sadd', k, 'member:' .. m) else "
      "redis.call('zadd', k, m, "
      "'member:' .. m) end end",
      600);
}

TEST_P(StoredKeys, that_are_lists_take_what_the_model_says) {
  expect_true_after(
      "for m = 1, i % 500 do redis.call('rpush', k, 'item:' .. m .. string.rep('x', i % 60)) end", 600);
}

// The radix trees of streams: over the entries, the consumers by name, and what is pending.
TEST_P(StoredKeys, that_are_streams_take_what_the_model_says) {
  expect_true_after(
      "for m = 1, i % 400 + 1 do redis.call('xadd', k, m * 977 .. '-' .. m % 3, 'event', 'done', 'id', m) "
      "end "
      "for g = 1, i % 3 do redis.call('xgroup', 'create', k, 'group' .. g, '0') "
      "redis.call('xreadgroup', 'group', 'group' .. g, 'worker' .. i, 'count', i % 90 + 1, 'streams', k, "
      "'>') "
      "redis.call('xreadgroup', 'group', 'group' .. g, 'other', 'count', 5, 'streams', k, '>') end",
      300);
}

// bench/memory_model does the same with the mixed keys of the benchmarks.
TEST_P(StoredKeys, tell_which_allocator_their_server_has) {
  ask({"eval",
       "for i = 1, 50000 do redis.call('set', 'cache:' .. i, string.rep('x', 20 + i % 200), 'ex', 9999) end",
       "0"});
  const auto used = test::used_memory_at_rest(*server_);
  ask({"save"});
  const auto by_16 = read_file(Held::live);
  const KeySums sums{read_file(Held::live, Allocator::jemalloc_8).bytes, by_16.bytes};
  const auto fit = calibrate(model_, sums, {&by_16.db, 1}, {used});
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->quantum, 16);
  EXPECT_TRUE(fit->clear);
  EXPECT_LT(std::abs(fit->residual_percent), 1);
}

INSTANTIATE_TEST_SUITE_P(Servers, StoredKeys, testing::ValuesIn(test::server_builds()), test::build_name);

}  // namespace
}  // namespace headroom::memory
