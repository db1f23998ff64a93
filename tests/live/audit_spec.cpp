#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/producers.h"
#include "live/audited.h"

// The audit as a user runs it: exact counts, sums that add up, hostile names, what is missing, what was not
// seen.
namespace headroom::test {
namespace {

using testing::HasSubstr;

void redis(const RedisServer& server, std::vector<std::string> words) {
  words.insert(words.begin(), {"redis-cli", "-s", server.socket_path()});
  const auto finished = run(words);
  ASSERT_EQ(finished.status, 0) << finished.err;
  ASSERT_THAT(finished.out, testing::Not(testing::StartsWith("ERR"))) << finished.out;
}

std::string fill(std::uint64_t keys) {
  return "for i=1," + std::to_string(keys) +
         " do redis.call('set', 'user:'..i..':cart', string.rep('x', i % 300)) end";
}

TEST(Audit, counts_every_key_of_every_database) {
  RedisServer server;
  redis(server, {"eval", fill(30000), "0"});
  redis(server, {"-n", "5", "eval", fill(700), "0"});
  const auto audit = report_of("audit", server);
  EXPECT_EQ(audit["schema"], "headroom.audit/1");
  EXPECT_EQ(audit["keys"], 30700);
  EXPECT_EQ(audit["complete"], true);
  EXPECT_EQ(row(audit["patterns"], "pattern", "user:{n}:cart")["without_ttl_keys"], 30000);
}

TEST(Audit, looks_at_one_database_when_told_to) {
  RedisServer server;
  redis(server, {"eval", fill(300), "0"});
  redis(server, {"-n", "5", "eval", fill(70), "0"});
  EXPECT_EQ(report_of("audit", server, {"-n", "5"})["keys"], 70);
}

TEST(Audit, holds_the_exact_bytes_within_the_interval_it_states) {
  RedisServer server;
  redis(server, {"eval", fill(60000), "0"});
  const auto sampled = report_of("audit", server), exact = report_of("audit", server, {"--exact"});
  const auto guess = row(sampled["patterns"], "pattern", "user:{n}:cart"),
             truth = row(exact["patterns"], "pattern", "user:{n}:cart");
  ASSERT_TRUE(guess.contains("bytes_low")) << "60 000 keys were all asked about";
  EXPECT_FALSE(truth.contains("bytes_low"));
  EXPECT_LE(guess["bytes_low"], truth["bytes"]);
  EXPECT_GE(guess["bytes_high"], truth["bytes"]);
}

TEST(Audit, reconciles_to_used_memory) {
  RedisServer server;
  redis(server, {"eval", fill(20000), "0"});
  const auto audit = report_of("audit", server, {"--exact"});
  std::int64_t sum = 0;
  for (const auto& line : audit["reconciliation"]) sum += line["bytes"].get<std::int64_t>();
  EXPECT_EQ(sum, audit["server"]["used_memory"]);
}

TEST(Audit, leaves_idle_times_as_they_were) {  // SCAN-4
  RedisServer server({"--maxmemory-policy", "allkeys-lru", "--maxmemory", "1gb"});
  produce({"bullmq.mjs", "--library", "bullmq6", "--parts", "states"}, server.url());
  // RESTORE can set the idle time of a key; every key gets 5000 s.
  redis(server, {"eval",
                 "for _, k in ipairs(redis.call('keys', '*')) do local d = redis.call('dump', k) "
                 "redis.call('restore', k, 0, d, 'REPLACE', 'IDLETIME', 5000) end",
                 "0"});
  ASSERT_FALSE(report_of("audit", server, {"--exact"}).is_null());
  const auto youngest = run({"redis-cli", "-s", server.socket_path(), "eval",
                             "local least = 1e9 for _, k in ipairs(redis.call('keys', '*')) do "
                             "least = math.min(least, redis.call('object', 'idletime', k)) end return least",
                             "0"});
  EXPECT_GE(std::stoi(youngest.out), 5000);
}

TEST(Audit, writes_nothing) {
  RedisServer server;
  produce({"hostile_names.py"}, server.url());
  redis(server, {"config", "resetstat"});
  ASSERT_FALSE(report_of("audit", server, {"--exact"}).is_null());
  ASSERT_FALSE(report_of("queues", server).is_null());
  const auto changes = run({"redis-cli", "-s", server.socket_path(), "info", "persistence"}).out;
  const auto stats = run({"redis-cli", "-s", server.socket_path(), "info", "commandstats"}).out;
  for (const auto* command : {"cmdstat_set:", "cmdstat_del:", "cmdstat_unlink:", "cmdstat_expire:",
                              "cmdstat_eval:", "cmdstat_hset:"})
    EXPECT_THAT(stats, testing::Not(HasSubstr(command)));
  EXPECT_FALSE(changes.empty());
}

TEST(Audit, prints_no_control_byte_of_a_hostile_name) {  // F08
  RedisServer server;
  produce({"hostile_names.py"}, server.url());
  for (const std::string format : {"text", "json", "ndjson", "csv", "markdown"}) {
    const auto finished =
        headroom({"audit", server.url(), "--format", format, "--top", "0", "--color", "never"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    for (const char c : finished.out)
      ASSERT_TRUE(c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x20)
          << format << " prints byte " << int(c);
    EXPECT_THAT(finished.out, testing::Not(HasSubstr("\x1b")));
  }
}

TEST(Audit, goes_on_without_the_commands_that_were_taken_away) {  // F32, A58
  RedisServer server({"--rename-command", "CONFIG", "", "--rename-command", "KEYS", "", "--rename-command",
                      "MEMORY", "", "--rename-command", "OBJECT", ""});
  redis(server, {"eval", fill(1000), "0"});
  const auto audit = report_of("audit", server);
  EXPECT_EQ(audit["keys"], 1000);
  EXPECT_THAT(audit["notes"].dump(), HasSubstr("MEMORY"));
}

TEST(Audit, says_when_it_stopped_early) {  // SCAN-2
  RedisServer server;
  redis(server, {"eval", fill(200000), "0"});
  const auto finished = headroom({"audit", server.url(), "--max-seconds", "0.01", "--format", "json"});
  EXPECT_EQ(finished.status, 4);
  EXPECT_EQ(Json::parse(finished.out)["complete"], false);
}

TEST(Audit, shows_the_short_report_with_its_thresholds) {  // A14, A15, A16, A17
  RedisServer server({"--maxmemory", "100mb"});
  produce({"bullmq.mjs", "--library", "bullmq6", "--parts", "states"}, server.url());
  const auto finished = headroom({"audit", server.url(), "--summary"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  for (const auto* field : {"Memory Usage:", "Total Keys:", "Bull Queue Keys:", "Celery Task Keys:",
                            "Max Memory:", "Eviction Policy:", "Redis is responding"})
    EXPECT_THAT(finished.out, HasSubstr(field));
}

TEST(Audit, ranks_what_grew_since_a_saved_report) {
  RedisServer server;
  redis(server, {"eval", fill(1000), "0"});
  const auto saved = server.folder() + "/before.json";
  ASSERT_EQ(headroom({"audit", server.url(), "--format", "json", "--output", saved}).status, 0);
  redis(server, {"eval", "for i=1,5000 do redis.call('set', 'session:'..i, 'abc') end", "0"});
  const auto growth = report_of("audit", server, {"--compare", saved});
  EXPECT_THAT(growth.dump(), HasSubstr("session:{n}"));
}

}  // namespace
}  // namespace headroom::test
