#include "scan_kit.h"
#include "wire/read_only_link.h"

namespace headroom::source {
namespace {

TEST(LiveScan, names_every_key_of_every_database_once) {
  const RedisServer server;
  test::fill(server, "a", 3000);
  test::fill(server, "b", 700, 3);
  test::fill(server, "c", 1, 15);
  RecordingSink sink;
  const auto outcome = scan_all(server, sink);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.keys, 3701);
  EXPECT_EQ(outcome.expected, 3701);
  EXPECT_EQ(outcome.expected_after, 3701);
  EXPECT_EQ(sink.named.size(), 3701);
  EXPECT_EQ(sink.repeated(), 0);
  EXPECT_EQ(sink.named.count({3, "b:700"}), 1);
  EXPECT_EQ(outcome.asked, 0);
  EXPECT_TRUE(sink.takes.empty());
}

TEST(LiveScan, is_as_exact_when_fast) {
  const RedisServer server;
  test::fill(server, "a", 5000);
  RecordingSink sink(Look::details);
  ScanOptions options;
  options.pace = fast();
  const auto outcome = scan_all(server, sink, options);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(sink.named.size(), 5000);
  EXPECT_EQ(sink.records.size(), 5000);
  EXPECT_EQ(outcome.asked, 5000);
}

TEST(LiveScan, reads_one_database_when_told) {
  const RedisServer server;
  test::fill(server, "a", 10);
  test::fill(server, "b", 20, 3);
  RecordingSink sink;
  ScanOptions options;
  options.db = 3;
  const auto outcome = scan_all(server, sink, options);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.keys, 20);
  EXPECT_EQ(outcome.expected, 20);
  EXPECT_EQ(outcome.expected_after, 20);
}

TEST(LiveScan, an_empty_server_is_complete) {
  const RedisServer server;
  RecordingSink sink(Look::details);
  const auto outcome = scan_all(server, sink);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.keys, 0);
}

TEST(LiveScan, a_database_that_does_not_exist_is_an_error) {
  const RedisServer server;
  RecordingSink sink;
  ScanOptions options;
  options.db = 99;
  const auto outcome = scan(open_at(server), sink, options);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what, testing::HasSubstr("SELECT 99"));
}

TEST(LiveScan, learns_what_the_server_knows_about_keys_of_every_type) {
  const RedisServer server;
  redis_cli(server, {"SET", "int", "12345"});
  redis_cli(server, {"SET", "embstr", "hello", "PX", "100000000"});
  redis_cli(server, {"SET", "raw", std::string(300, 'x')});
  redis_cli(server, {"RPUSH", "list", "a", "b"});
  redis_cli(server, {"SADD", "intset", "1", "2"});
  redis_cli(server, {"SADD", "set", "a", "b"});
  redis_cli(server, {"ZADD", "zset", "1", "a"});
  redis_cli(server, {"ZADD", "skiplist", "1", std::string(100, 'x')});
  redis_cli(server, {"HSET", "hash", "f", "v"});
  redis_cli(server, {"HSET", "bighash", "f", std::string(100, 'x')});
  redis_cli(server, {"XADD", "stream", "*", "f", "v"});
  RecordingSink sink(Look::details);
  EXPECT_EQ(scan_all(server, sink).asked, 11);
  const std::map<std::string, std::pair<KeyType, Encoding>> kinds{
      {"int", {KeyType::string, Encoding::integer}},  {"embstr", {KeyType::string, Encoding::embstr}},
      {"raw", {KeyType::string, Encoding::raw}},      {"list", {KeyType::list, Encoding::quicklist}},
      {"intset", {KeyType::set, Encoding::intset}},   {"set", {KeyType::set, Encoding::hashtable}},
      {"zset", {KeyType::zset, Encoding::listpack}},  {"skiplist", {KeyType::zset, Encoding::skiplist}},
      {"hash", {KeyType::hash, Encoding::listpack}},  {"bighash", {KeyType::hash, Encoding::hashtable}},
      {"stream", {KeyType::stream, Encoding::stream}}};
  for (const auto& [key, kind] : kinds) {
    const KeyRecord& record = sink.record(key);
    EXPECT_EQ(record.type, kind.first) << key;
    EXPECT_EQ(record.encoding, kind.second) << key;
    ASSERT_TRUE(record.bytes) << key;
    EXPECT_EQ(std::to_string(record.bytes->count),
              redis_cli(server, {"MEMORY", "USAGE", key, "SAMPLES", "0"}))
        << key;
    EXPECT_FALSE(record.bytes_sampled) << key;
    EXPECT_EQ(record.expires, key == "embstr" ? Expires::at : Expires::never) << key;
    EXPECT_TRUE(record.idle) << key;
    EXPECT_FALSE(record.freq) << key;
  }
  EXPECT_GT(sink.record("embstr").ttl, 99'000'000ms);
  EXPECT_LE(sink.record("embstr").ttl, 100'000'000ms);
}

TEST(LiveScan, asks_for_the_type_alone_when_that_is_enough) {
  const RedisServer server;
  redis_cli(server, {"HSET", "hash", "f", "v"});
  redis_cli(server, {"CONFIG", "RESETSTAT"});
  RecordingSink sink(Look::type);
  scan_all(server, sink);
  EXPECT_EQ(sink.record("hash").type, KeyType::hash);
  EXPECT_FALSE(sink.record("hash").bytes);
  EXPECT_EQ(sink.record("hash").expires, Expires::unknown);
  const auto stats = redis_cli(server, {"INFO", "commandstats"});
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_type"));
  EXPECT_THAT(stats, testing::Not(testing::HasSubstr("cmdstat_pttl")));
  EXPECT_THAT(stats, testing::Not(testing::HasSubstr("cmdstat_memory")));
}

// SCAN-4: half a day of "recently used" would be the end of every idle-based rule and of the LRU order.
TEST(LiveScan, SCAN_4_leaves_the_idle_time_of_every_key_as_it_was) {
  const RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  const auto link = connect(server);
  const std::vector<std::vector<std::string_view>> makers{
      {"SET", "string", "v"},     {"RPUSH", "list", "v"},     {"SADD", "set", "v"},
      {"ZADD", "zset", "1", "v"}, {"HSET", "hash", "f", "v"}, {"XADD", "stream", "*", "f", "v"}};
  for (const auto& maker : makers) {
    ASSERT_TRUE(link->call(maker));
    const auto dump = command(*link, {"DUMP", maker[1]});
    ASSERT_FALSE(
        command(*link, {"RESTORE", maker[1], "0", dump.text, "REPLACE", "IDLETIME", "5000"}).is_error());
  }
  RecordingSink sink(Look::details);
  EXPECT_EQ(scan_all(server, sink).asked, makers.size());
  for (const auto& maker : makers) {
    EXPECT_GE(sink.record(std::string(maker[1])).idle, 5000s) << maker[1];
    EXPECT_GE(command(*link, {"OBJECT", "IDLETIME", maker[1]}).integer, 5000) << maker[1];
  }
}

TEST(LiveScan, reads_the_use_counter_under_an_lfu_policy) {
  const RedisServer server({"--maxmemory-policy", "allkeys-lfu"});
  const auto link = connect(server);
  command(*link, {"SET", "k", "v"});
  const auto dump = command(*link, {"DUMP", "k"});
  ASSERT_FALSE(command(*link, {"RESTORE", "k", "0", dump.text, "REPLACE", "FREQ", "77"}).is_error());
  RecordingSink sink(Look::details);
  scan_all(server, sink);
  EXPECT_EQ(sink.record("k").freq, 77);
  EXPECT_FALSE(sink.record("k").idle);
  EXPECT_EQ(command(*link, {"OBJECT", "FREQ", "k"}).integer, 77);
}

TEST(LiveScan, sends_nothing_that_a_read_only_door_would_stop) {
  const RedisServer server;
  test::fill(server, "a", 50);
  struct Guarded final : wire::Link {
    explicit Guarded(std::unique_ptr<wire::Link> link) : real(std::move(link)), door(*real) {}
    Result<wire::Reply> call(wire::Command words) override { return door.call(words); }
    void queue(wire::Command words) override { door.queue(words); }
    Result<bool> flush() override { return door.flush(); }
    Result<std::reference_wrapper<const wire::Reply>> read() override { return door.read(); }
    std::size_t pending() const override { return door.pending(); }
    std::unique_ptr<wire::Link> real;
    wire::ReadOnlyLink door;
  };
  RecordingSink sink(Look::details);
  const auto outcome = scan(
      [&]() -> Result<std::unique_ptr<wire::Link>> { return std::make_unique<Guarded>(connect(server)); },
      sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(sink.records.size(), 50);
  EXPECT_TRUE(sink.record("a:1").bytes);
  EXPECT_TRUE(sink.record("a:1").idle);
}

TEST(LiveScan, records_come_in_the_order_of_the_names) {
  const RedisServer server;
  test::fill(server, "a", 500);
  RecordingSink sink(Look::details);
  scan_all(server, sink);
  EXPECT_EQ(sink.looks, sink.takes);
}

TEST(LiveScan, keys_may_have_any_bytes_in_their_names) {
  const RedisServer server;
  const auto link = connect(server);
  const std::vector<std::string> names{"",           "line\nbreak", std::string("nul\0byte", 8),
                                       "\r\n$3\r\n", "\xff\xfe",    std::string(70000, 'k')};
  for (const auto& name : names) command(*link, {"SET", name, "v"});
  RecordingSink sink(Look::details);
  EXPECT_TRUE(scan_all(server, sink).complete);
  for (const auto& name : names) EXPECT_TRUE(sink.has(name));
}

TEST(LiveScan, a_key_that_vanishes_after_it_was_named_gives_no_record) {
  const RedisServer server;
  test::fill(server, "a", 5);
  RecordingSink sink(Look::details);
  sink.on_look = [&](std::size_t named) {
    if (named == 1) redis_cli(server, {"DEL", "a:1", "a:2", "a:3"});
  };
  const auto outcome = scan_all(server, sink);
  EXPECT_EQ(sink.named.size(), 5);
  EXPECT_EQ(sink.records.size(), 2);
  EXPECT_EQ(outcome.asked, 2);
  EXPECT_EQ(outcome.denied, 0);
}

TEST(LiveScan, a_vanished_key_has_no_type) {
  const RedisServer server;
  test::fill(server, "a", 5);
  RecordingSink sink(Look::type);
  sink.on_look = [&](std::size_t named) {
    if (named == 1) redis_cli(server, {"DEL", "a:1", "a:2", "a:3"});
  };
  scan_all(server, sink);
  EXPECT_EQ(sink.records.size(), 2);
}

// F13: SAMPLES 0 of a million fields blocks everybody for a tenth of a second.
TEST(LiveScan, F13_a_huge_hash_is_measured_from_a_sample_and_marked) {
  const RedisServer server({"--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000"});
  redis_cli(
      server,
      {"EVAL", "for i = 1, 200000 do redis.call('HSET', 'huge', 'field:' .. i, 'value:' .. i) end", "0"});
  redis_cli(server, {"EVAL", "for i = 1, 900 do redis.call('HSET', 'small', 'field:' .. i, 'v') end", "0"});
  const double truth = std::stod(redis_cli(server, {"MEMORY", "USAGE", "huge", "SAMPLES", "0"}));
  const auto small = redis_cli(server, {"MEMORY", "USAGE", "small", "SAMPLES", "0"});
  redis_cli(server, {"SLOWLOG", "RESET"});
  RecordingSink sink(Look::details);
  scan_all(server, sink);
  EXPECT_TRUE(sink.record("huge").bytes_sampled);
  EXPECT_NEAR(static_cast<double>(sink.record("huge").bytes->count), truth, truth * 0.02);
  EXPECT_EQ(std::to_string(sink.record("small").bytes->count), small) << "900 fields are counted in full";
  const auto log = redis_cli(server, {"SLOWLOG", "GET", "1000"});
  EXPECT_THAT(log, testing::HasSubstr("SAMPLES\n1000"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("SAMPLES\n0")));
}

TEST(LiveScan, reports_progress) {
  const RedisServer server;
  test::fill(server, "a", 1000);
  RecordingSink sink;
  FakeClock clock;
  clock.step = 10ms;
  ScanOptions options;
  options.clock = clock.clock();
  std::vector<ScanProgress> reports;
  ASSERT_TRUE(scan(open_at(server), sink, options,
                   [&](const ScanProgress& progress) { reports.push_back(progress); }));
  ASSERT_GE(reports.size(), 5);
  EXPECT_EQ(reports.back().expected, 1000);
  EXPECT_GT(reports.back().keys, reports.front().keys);
  EXPECT_GT(reports.back().keys_per_second, 0);
}

TEST(LiveScan, rests_so_that_requests_are_outstanding_for_no_more_than_the_share_allowed) {
  const RedisServer server;
  test::fill(server, "a", 3000);
  RecordingSink sink(Look::details);
  FakeClock clock;
  ScanOptions options;
  options.clock = clock.clock();
  options.pace.max_load_percent = 20;
  const auto outcome = scan_all(server, sink, options);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(sink.records.size(), 3000);
  const double share =
      std::chrono::duration<double>(clock.slept) / std::chrono::duration<double>(outcome.took);
  EXPECT_NEAR(share, 0.8, 0.05);
}

/// Passes everything on and notes what was sent together.
struct Watched final : wire::Link {
  Watched(std::unique_ptr<wire::Link> link, std::vector<std::vector<std::string>>& noted)
      : real(std::move(link)), writes(noted) {}
  Result<wire::Reply> call(wire::Command words) override { return real->call(words); }
  void queue(wire::Command words) override {
    unsent.emplace_back(words[0]);
    real->queue(words);
  }
  Result<bool> flush() override {
    writes.push_back(std::move(unsent));
    unsent.clear();
    return real->flush();
  }
  Result<std::reference_wrapper<const wire::Reply>> read() override { return real->read(); }
  std::size_t pending() const override { return real->pending(); }
  std::unique_ptr<wire::Link> real;
  std::vector<std::vector<std::string>>& writes;
  std::vector<std::string> unsent{};
};

TEST(LiveScan, sends_small_writes_by_default) {
  const RedisServer server;
  test::fill(server, "a", 300);
  std::vector<std::vector<std::string>> writes;
  const Reopen open = [&]() -> Result<std::unique_ptr<wire::Link>> {
    return std::make_unique<Watched>(connect(server), writes);
  };
  RecordingSink sink(Look::details);
  ASSERT_TRUE(scan(open, sink));
  for (const auto& write : writes) {
    EXPECT_LE(write.size(), 10);
    EXPECT_LE(std::count(write.begin(), write.end(), "MEMORY"), 4);
    EXPECT_EQ(std::count(write.begin(), write.end(), "SCAN"), write[0] == "SCAN" ? 1 : 0);
  }
}

TEST(LiveScan, has_the_next_page_on_its_way_while_the_sink_looks_at_this_one) {
  const RedisServer server;
  test::fill(server, "a", 100);
  std::vector<std::vector<std::string>> writes;
  const Reopen open = [&]() -> Result<std::unique_ptr<wire::Link>> {
    return std::make_unique<Watched>(connect(server), writes);
  };
  RecordingSink sink;
  sink.on_look = [&](std::size_t named) {
    if (named == 1) {
      EXPECT_EQ(writes.size(), 2);
    }
  };
  ASSERT_TRUE(scan(open, sink));
}

}  // namespace
}  // namespace headroom::source
