#include "scan_kit.h"

namespace headroom::source {
namespace {

// SCAN-1, F15: a quarter of the keys is missed when a cursor is carried over a restart (safety.md 2.1).
TEST(LiveScan, SCAN_1_begins_again_when_the_server_restarted_and_misses_nothing) {
  RedisServer server;
  test::fill(server, "a", 2000);
  test::fill(server, "b", 500, 2);
  redis_cli(server, {"SAVE"});
  RecordingSink sink(Look::details);
  bool restarted = false;
  sink.on_look = [&](std::size_t named) {
    if (named == 1000 && !restarted) restarted = true, server.restart();
  };
  const auto outcome = scan_all(server, sink);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.restarts, 1);
  EXPECT_EQ(sink.restarts, 1);
  EXPECT_EQ(sink.named.size(), 2500);
  EXPECT_EQ(sink.repeated(), 0);
  EXPECT_EQ(sink.records.size(), 2500);
  EXPECT_EQ(outcome.keys, 2500);
}

TEST(LiveScan, gives_up_with_part_of_the_keys_when_the_server_restarts_all_the_time) {
  RedisServer server;
  test::fill(server, "a", 300);
  redis_cli(server, {"SAVE"});
  RecordingSink sink;
  sink.on_look = [&](std::size_t named) {
    if (named == 100) server.restart();
  };
  const auto outcome = scan_all(server, sink);
  EXPECT_FALSE(outcome.complete);
  EXPECT_EQ(outcome.restarts, 3);
  EXPECT_THAT(std::string(outcome.stopped_by), testing::HasSubstr("again and again"));
}

/// Goes through to `first` until `moved` is set, then to `second`: a proxy in front of a failover.
struct Proxy final : wire::Link {
  Proxy(std::unique_ptr<wire::Link> a, std::unique_ptr<wire::Link> b, const bool& flag)
      : first(std::move(a)), second(std::move(b)), moved(flag) {}
  // Only changes over when nothing is on its way, as a proxy would.
  wire::Link& now() { return moved && first->pending() == 0 ? *second : *first; }
  Result<wire::Reply> call(wire::Command words) override { return now().call(words); }
  void queue(wire::Command words) override { now().queue(words); }
  Result<bool> flush() override { return now().flush(); }
  Result<std::reference_wrapper<const wire::Reply>> read() override {
    return first->pending() > 0 ? first->read() : second->read();
  }
  std::size_t pending() const override { return first->pending() + second->pending(); }
  std::unique_ptr<wire::Link> first, second;
  const bool& moved;
};

TEST(LiveScan, SCAN_1_notices_a_failover_behind_a_proxy_that_breaks_no_connection) {
  const RedisServer old_master, new_master;
  test::fill(old_master, "a", 1000);
  test::fill(new_master, "a", 1000);
  RecordingSink sink;
  bool moved = false;
  sink.on_look = [&](std::size_t named) { moved = moved || named == 500; };
  // Two pages in flight never leave a gap for the proxy, so this scan has one write at a time and checks at
  // the end.
  ScanOptions options;
  options.identity_check = 1h;
  const auto outcome = scan(
      [&]() -> Result<std::unique_ptr<wire::Link>> {
        return std::make_unique<Proxy>(connect(old_master), connect(new_master), moved);
      },
      sink, options);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(sink.restarts, 1);
  EXPECT_EQ(sink.named.size(), 1000);
}

TEST(LiveScan, SCAN_1_looks_for_a_failover_now_and_then_and_not_only_at_the_end) {
  const RedisServer old_master, new_master;
  test::fill(old_master, "a", 5000);
  test::fill(new_master, "a", 5000);
  RecordingSink sink;
  bool moved = false;
  sink.on_look = [&](std::size_t named) { moved = moved || named == 500; };
  FakeClock clock;
  ScanOptions options;
  options.clock = clock.clock();
  options.identity_check = 2ms;  // some twenty pages by this clock
  const auto outcome = scan(
      [&]() -> Result<std::unique_ptr<wire::Link>> {
        return std::make_unique<Proxy>(connect(old_master), connect(new_master), moved);
      },
      sink, options);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(sink.restarts, 1);
  EXPECT_LT(sink.forgotten, 1500);
  EXPECT_EQ(sink.named.size(), 5000);
}

TEST(LiveScan, goes_on_with_its_cursor_when_only_the_connection_was_lost) {
  const RedisServer server;
  test::fill(server, "a", 2000);
  RecordingSink sink(Look::details);
  sink.on_look = [&](std::size_t named) {
    if (named % 500 == 0) redis_cli(server, {"CLIENT", "KILL", "TYPE", "normal"});
  };
  const auto outcome = scan_all(server, sink);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.restarts, 0);
  EXPECT_EQ(sink.restarts, 0);
  EXPECT_EQ(sink.named.size(), 2000);
  EXPECT_EQ(sink.repeated(), 0);
  EXPECT_EQ(sink.looks, sink.takes);
}

TEST(LiveScan, keeps_what_it_has_when_the_server_does_not_come_back) {
  auto server = std::make_unique<RedisServer>();
  const Reopen open = open_at(*server);
  test::fill(*server, "a", 1000);
  RecordingSink sink;
  sink.on_look = [&](std::size_t named) {
    if (named == 300) server.reset();
  };
  FakeClock clock;
  ScanOptions options;
  options.clock = clock.clock();
  const auto outcome = scan(open, sink, options);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
  EXPECT_EQ(outcome->keys, sink.looks.size());
  EXPECT_THAT(std::string(outcome->stopped_by), testing::HasSubstr("connection was lost"));
  EXPECT_GE(clock.slept, options.patience);
}

TEST(LiveScan, fails_when_the_server_was_never_there) {
  wire::Endpoint nobody;
  nobody.kind = wire::Endpoint::Kind::unix_socket;
  nobody.path = "/nonexistent/redis.sock";
  RecordingSink sink;
  const auto outcome = scan(open_at(nobody), sink);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().exit, Exit::unreachable);
}

TEST(LiveScan, goes_on_without_commands_that_are_renamed) {
  const RedisServer server({"--rename-command", "CONFIG", "", "--rename-command", "KEYS", "",
                            "--rename-command", "OBJECT", "", "--rename-command", "MEMORY", ""});
  test::fill(server, "a", 100);
  RecordingSink sink(Look::details);
  const auto outcome = scan_all(server, sink);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(sink.records.size(), 100);
  EXPECT_EQ(outcome.denied, 0);
  const KeyRecord& record = sink.record("a:7");
  EXPECT_EQ(record.type, KeyType::string);
  EXPECT_EQ(record.expires, Expires::never);
  EXPECT_FALSE(record.bytes);
  EXPECT_FALSE(record.idle);
  EXPECT_EQ(record.encoding, Encoding::unknown);
}

TEST(LiveScan, stops_asking_what_the_server_refuses) {
  const RedisServer server;
  test::fill(server, "a", 500);
  redis_cli(server,
            {"ACL", "SETUSER", "auditor", "on", ">s3cret", "+scan", "+info", "+select", "+type", "%R~*"});
  auto endpoint = endpoint_of(server);
  endpoint.user = "auditor";
  endpoint.password = "s3cret";
  RecordingSink sink(Look::details);
  const auto outcome = scan(open_at(endpoint), sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(sink.records.size(), 500);
  EXPECT_EQ(sink.record("a:1").type, KeyType::string);
  EXPECT_EQ(sink.record("a:1").expires, Expires::unknown) << "unknown is not never";
  // Each refusal is an entry, or a count in one, of the server's ACL LOG; what is under way may be refused
  // too.
  const auto info = redis_cli(server, {"INFO", "errorstats"});
  const auto at = info.find("errorstat_NOPERM:count=");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stoi(info.substr(at + 23)), 50);
}

TEST(LiveScan, counts_the_keys_that_the_user_may_not_look_at) {
  const RedisServer server;
  test::fill(server, "mine", 30);
  test::fill(server, "other", 20);
  redis_cli(server, {"ACL", "SETUSER", "auditor", "on", ">s3cret", "+@all", "%R~mine:*"});
  auto endpoint = endpoint_of(server);
  endpoint.user = "auditor";
  endpoint.password = "s3cret";
  RecordingSink sink(Look::details);
  const auto outcome = scan(open_at(endpoint), sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(outcome->keys, 50);
  EXPECT_EQ(outcome->denied, 20);
  EXPECT_EQ(sink.records.size(), 30);
  EXPECT_TRUE(sink.record("mine:1").bytes);
}

TEST(LiveScan, says_which_right_is_missing_when_SCAN_is_forbidden) {
  const RedisServer server;
  redis_cli(server, {"ACL", "SETUSER", "nobody", "on", ">s3cret", "+info", "+select", "~*"});
  auto endpoint = endpoint_of(server);
  endpoint.user = "nobody";
  endpoint.password = "s3cret";
  RecordingSink sink;
  const auto outcome = scan(open_at(endpoint), sink);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what, testing::HasSubstr("'scan'"));
  EXPECT_THAT(outcome.error().remedy, testing::HasSubstr("+scan"));
  EXPECT_THAT(outcome.error().what + outcome.error().where + outcome.error().remedy,
              testing::Not(testing::HasSubstr("s3cret")));
}

TEST(LiveScan, reads_database_0_and_says_so_when_INFO_is_forbidden) {
  const RedisServer server;
  test::fill(server, "a", 100);
  test::fill(server, "b", 100, 1);
  redis_cli(server, {"ACL", "SETUSER", "auditor", "on", ">s3cret", "+scan", "+select", "+dbsize", "~*"});
  auto endpoint = endpoint_of(server);
  endpoint.user = "auditor";
  endpoint.password = "s3cret";
  RecordingSink sink;
  auto outcome = scan(open_at(endpoint), sink);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
  EXPECT_THAT(std::string(outcome->stopped_by), testing::HasSubstr("INFO"));
  EXPECT_EQ(outcome->keys, 100);
  EXPECT_EQ(outcome->expected, 100);

  ScanOptions options;
  options.db = 1;
  RecordingSink one;
  outcome = scan(open_at(endpoint), one, options);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete) << "the database asked for was read in full";
  EXPECT_EQ(one.named.count({1, "b:1"}), 1);
}

TEST(LiveScan, SCAN_2_ends_with_the_page_budget_and_says_that_it_is_not_complete) {
  const RedisServer server;
  test::fill(server, "a", 1000);
  RecordingSink sink(Look::details);
  ScanOptions options;
  options.page_budget = 10;
  const auto outcome = scan_all(server, sink, options);
  EXPECT_FALSE(outcome.complete);
  EXPECT_EQ(outcome.stopped_by, "the page budget ended");
  EXPECT_GE(outcome.keys, 100);
  EXPECT_LT(outcome.keys, 300);
  EXPECT_EQ(sink.takes, sink.looks) << "what was named until then is looked at to the end";
}

TEST(LiveScan, SCAN_2_ends_with_the_time_budget) {
  const RedisServer server;
  test::fill(server, "a", 10000);
  RecordingSink sink;
  FakeClock clock;
  ScanOptions options;
  options.clock = clock.clock();
  options.time_budget = 10ms;
  const auto outcome = scan_all(server, sink, options);
  EXPECT_FALSE(outcome.complete);
  EXPECT_EQ(outcome.stopped_by, "the time budget ended");
  EXPECT_GT(outcome.keys, 0);
  EXPECT_LT(outcome.keys, 10000);
  EXPECT_GE(outcome.took, 10ms);
}

// F14: eight new keys for each that is read would go on for ever.
TEST(LiveScan, F14_ends_although_keys_arrive_faster_than_they_are_read) {
  const RedisServer server;
  test::fill(server, "a", 200);
  const auto writer = connect(server);
  RecordingSink sink;
  sink.on_look = [&](std::size_t named) {
    command(*writer, {"EVAL", "for i = 1, 8 do redis.call('SET', ARGV[1] .. ':' .. i, i) end", "0",
                      std::to_string(named)});
  };
  ScanOptions options;
  options.page_budget = 400;
  const auto outcome = scan_all(server, sink, options);
  EXPECT_FALSE(outcome.complete);
  EXPECT_GT(outcome.keys, 3000);
}

}  // namespace
}  // namespace headroom::source
