#include <fmt/format.h>

#include "kit/scripted_server.h"
#include "scan_kit.h"
#include "source/live/pump.h"

namespace headroom::source {
namespace {

using test::ScriptedServer;
using Script = std::vector<ScriptedServer::Step>;

std::string bulk(const std::string& text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }

std::string page(const std::string& cursor, const std::vector<std::string>& names = {}) {
  std::string out = fmt::format("*2\r\n{}*{}\r\n", bulk(cursor), names.size());
  for (const auto& name : names) out += bulk(name);
  return out;
}

/// A server that has logged us in and answers "INFO" and "SELECT" like one with `keys` keys in database 0.
Script ready(const std::string& info = "run_id:abc\r\ndb0:keys=2,expires=0\r\n") {
  using S = ScriptedServer;
  return {S::expect("HELLO"),  S::send(std::string(test::hello_reply())),
          S::expect("INFO"),   S::send(bulk(info)),
          S::expect("server"), S::send(bulk("run_id:abc\r\n")),
          S::expect("SELECT"), S::send("+OK\r\n")};
}

void answer(Script& script, const std::string& expected, const std::string& reply) {
  script.push_back(ScriptedServer::expect(expected));
  script.push_back(ScriptedServer::send(reply));
}

/// The end of a scan: is it still the same server, and how many keys are there now?
void end(Script& script) {
  answer(script, "server", bulk("run_id:abc\r\n"));
  answer(script, "keyspace", bulk("db0:keys=2,expires=0\r\n"));
}

Result<ScanOutcome> scan_script(const Script& script, RecordingSink& sink, ScanOptions options = {}) {
  const ScriptedServer server(script);
  FakeClock clock;
  options.clock = clock.clock();
  wire::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(server.port());
  return scan(open_at(endpoint), sink, options);
}

TEST(HostileScan, F17_an_answer_to_SCAN_that_is_no_page_is_an_error) {
  const std::vector<std::string> answers{":1\r\n",
                                         "+OK\r\n",
                                         "*-1\r\n",
                                         "*0\r\n",
                                         "*1\r\n$1\r\n0\r\n",
                                         "*3\r\n$1\r\n0\r\n*0\r\n*0\r\n",
                                         "*2\r\n$1\r\n0\r\n$1\r\nx\r\n",
                                         "*2\r\n:0\r\n*0\r\n",
                                         "*2\r\n$2\r\n-1\r\n*0\r\n",
                                         "*2\r\n$0\r\n\r\n*0\r\n",
                                         "*2\r\n$21\r\n111111111111111111111\r\n*0\r\n",
                                         "*2\r\n$1\r\n0\r\n*1\r\n:7\r\n",
                                         "*2\r\n$1\r\n0\r\n*1\r\n*0\r\n"};
  for (const auto& nonsense : answers) {
    auto script = ready();
    answer(script, "SCAN", nonsense);
    RecordingSink sink;
    const auto outcome = scan_script(script, sink);
    ASSERT_FALSE(outcome) << nonsense;
    EXPECT_THAT(outcome.error().what, testing::HasSubstr("no page of keys")) << nonsense;
    EXPECT_TRUE(sink.looks.empty());
  }
}

TEST(HostileScan, F17_a_cursor_that_stays_the_same_ends_the_scan) {
  auto script = ready();
  for (int i = 0; i < 10; ++i) answer(script, "SCAN", page("7", {"a"}));
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
  EXPECT_THAT(std::string(outcome->stopped_by), testing::HasSubstr("circles"));
}

TEST(HostileScan, F17_a_cursor_that_goes_in_a_circle_ends_the_scan) {
  auto script = ready();
  for (int i = 0; i < 30; ++i) answer(script, "SCAN", page(std::to_string(1 + i % 5)));
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_THAT(std::string(outcome->stopped_by), testing::HasSubstr("circles"));
}

TEST(HostileScan, F17_a_cursor_that_never_ends_is_bounded_by_what_the_keys_explain) {
  EXPECT_EQ(page_limit(0, 10), 100'000);
  EXPECT_EQ(page_limit(1'000'000, 10), 1'700'000);
  EXPECT_EQ(page_limit(1'000'000, 1000), 116'000);
  EXPECT_EQ(page_limit(~std::uint64_t{0}, 1), std::uint64_t{1'000'000'000'000'000'000})
      << "a number that is a lie";
  Script script;
  RecordingSink sink;
  Details details(false);
  Pacer pacer(100);
  FakeClock clock;
  ScanOptions options;
  options.clock = clock.clock();
  options.identity_check = 1h;
  const OnProgress silent;
  Meter meter(options, silent);
  Pump pump(0, 20, gentle(), sink, details, pacer, meter);
  script = {ScriptedServer::expect("HELLO"), ScriptedServer::send(std::string(test::hello_reply()))};
  for (int i = 1; i < 50; ++i) answer(script, "SCAN", page(std::to_string(i), {"k" + std::to_string(i)}));
  const ScriptedServer server(script);
  wire::Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(server.port());
  auto link = open_at(endpoint)();
  ASSERT_TRUE(link);
  const Halt halt = pump.run(**link);
  EXPECT_EQ(halt.kind, Halt::Kind::stopped);
  EXPECT_THAT(std::string(halt.stopped_by), testing::HasSubstr("faster than"));
  EXPECT_EQ(sink.looks.size(), 20);
}

TEST(HostileScan, F17_nonsense_about_a_key_leaves_its_fields_unknown) {
  auto script = ready();
  answer(script, "SCAN", page("0", {"a", "b"}));
  answer(script, "TYPE", ":1\r\n+oops\r\n:-7\r\n*0\r\n$3\r\nabc\r\n");
  script.push_back(ScriptedServer::send(
      "+ReJSON-RL\r\n:-1\r\n:9223372036854775807\r\n$8\r\nrhizome3\r\n:9223372036854775807\r\n"));
  end(script);
  RecordingSink sink(Look::details);
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  const KeyRecord& a = sink.record("a");
  EXPECT_EQ(a.type, KeyType::unknown);
  EXPECT_EQ(a.expires, Expires::unknown);
  EXPECT_FALSE(a.bytes);
  EXPECT_EQ(a.encoding, Encoding::unknown);
  EXPECT_FALSE(a.idle);
  const KeyRecord& b = sink.record("b");
  EXPECT_EQ(b.type, KeyType::module);
  EXPECT_EQ(b.expires, Expires::never);
  EXPECT_EQ(b.encoding, Encoding::other);
  EXPECT_TRUE(b.bytes_sampled);
}

TEST(HostileScan, INFO_that_means_nothing_does_not_keep_it_from_reading) {
  auto script = ready(
      "run_id:abc\r\nmaxmemory_policy:\r\ndb0:keys=-5\r\ndb0\r\ndb1:expires=1\r\n"
      "db2:keys=123456789012345678901\r\ndb:keys=1\r\ndbx:keys=1\r\n:\r\n\r\ndb99999999999:keys=3\r\n");
  answer(script, "SCAN", page("0", {"a"}));
  end(script);
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(outcome->keys, 1);
  EXPECT_EQ(outcome->expected, 0);
}

TEST(HostileScan, keys_that_live_on_another_node_now_are_counted_as_denied) {
  auto script = ready();
  answer(script, "SCAN", page("0", {"a"}));
  std::string moved;
  for (int i = 0; i < 5; ++i) moved += "-MOVED 15495 127.0.0.1:7001\r\n";
  answer(script, "TYPE", moved);
  end(script);
  RecordingSink sink(Look::details);
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->denied, 1);
  EXPECT_TRUE(sink.records.empty());
}

TEST(BusyServer, waits_until_the_server_has_loaded_its_data) {
  using S = ScriptedServer;
  Script script{S::expect("HELLO"), S::send(std::string(test::hello_reply()))};
  for (int i = 0; i < 3; ++i) answer(script, "INFO", bulk("run_id:abc\r\nloading:1\r\n"));
  answer(script, "INFO", bulk("run_id:abc\r\nloading:0\r\ndb0:keys=2,expires=0\r\n"));
  answer(script, "server", bulk("run_id:abc\r\n"));
  answer(script, "SELECT", "+OK\r\n");
  answer(script, "SCAN", page("0", {"a"}));
  end(script);
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(outcome->keys, 1);
  EXPECT_EQ(outcome->expected, 2);
}

TEST(BusyServer, asks_again_for_a_page_and_for_details_that_came_while_it_was_busy) {
  auto script = ready();
  answer(script, "SCAN", "-BUSY Redis is busy running a script.\r\n");
  answer(script, "server", bulk("run_id:abc\r\n"));
  answer(script, "SCAN", page("0", {"a", "b"}));
  answer(script, "TYPE", "+string\r\n:-1\r\n-LOADING Redis is loading the dataset in memory\r\n");
  std::string still_loading;  // the rest of what was in flight
  for (int i = 0; i < 3; ++i) still_loading += "-LOADING Redis is loading the dataset in memory\r\n";
  script.push_back(ScriptedServer::send(still_loading));
  answer(script, "server", bulk("run_id:abc\r\n"));
  answer(script, "TYPE", "+hash\r\n:-1\r\n:100\r\n$8\r\nlistpack\r\n:5\r\n");
  script.push_back(ScriptedServer::send("+set\r\n"));
  end(script);
  RecordingSink sink;
  sink.choose = [](std::string_view key) { return key == "a" ? Look::details : Look::type; };
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(sink.looks, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sink.takes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sink.record("a").type, KeyType::hash);
  EXPECT_EQ(sink.record("a").bytes, Bytes{100});
  EXPECT_EQ(sink.record("b").type, KeyType::set);
}

TEST(BusyServer, patience_ends) {
  auto script = ready();
  answer(script, "SCAN", page("5", {"a"}));
  for (int i = 0; i < 100; ++i) {
    answer(script, "SCAN", "-BUSY Redis is busy running a script.\r\n");
    answer(script, "server", bulk("run_id:abc\r\n"));
  }
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
  EXPECT_EQ(outcome->keys, 1);
  EXPECT_THAT(std::string(outcome->stopped_by), testing::HasSubstr("ready"));
}

TEST(BusyServer, with_nothing_read_the_end_of_patience_is_an_error_in_the_words_of_the_server) {
  using S = ScriptedServer;
  Script script{S::expect("HELLO"), S::send(std::string(test::hello_reply()))};
  for (int i = 0; i < 100; ++i) answer(script, "INFO", "-BUSY Redis is busy\x1b[2J running a script.\r\n");
  RecordingSink sink;
  const auto outcome = scan_script(script, sink);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what, testing::HasSubstr("BUSY"));
  EXPECT_THAT(outcome.error().what, testing::Not(testing::HasSubstr("\x1b")))
      << "a server may not clear the screen";
}

}  // namespace
}  // namespace headroom::source
