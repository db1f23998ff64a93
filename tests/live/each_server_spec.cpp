#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "kit/server_builds.h"
#include "live/stored_values.h"
#include "source/rdb_kit.h"

// What real servers of several versions write and serve: files, snapshots, audits.
namespace headroom::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

std::string output(const Words& words) {
  const auto finished = headroom(words);
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.out;
}

std::string saved(const RedisServer& server) {
  EXPECT_EQ(redis_cli(server, {"SAVE"}), "OK");
  return server.folder() + "/dump.rdb";
}

std::map<std::string, Json> keys_of(const Words& words) {
  std::map<std::string, Json> keys;
  std::istringstream lines(output(words));
  for (std::string line; std::getline(lines, line);) {
    auto json = Json::parse(line);
    if (json.at("db") != 0) continue;
    auto name = json.contains("key_base64") ? from_base64(json["key_base64"].get<std::string>())
                                            : json.at("key").get<std::string>();
    keys[std::move(name)] = std::move(json);
  }
  return keys;
}

void expect_same(const StoredValues& told, const StoredValues& held) {
  EXPECT_EQ(told.size(), held.size());
  for (const auto& [name, value] : held) {
    const auto at = told.find(name);
    ASSERT_NE(at, told.end()) << name;
    EXPECT_EQ(at->second.type, value.type) << name;
    EXPECT_EQ(at->second.expires_at_ms, value.expires_at_ms) << name;
    EXPECT_TRUE(at->second.items == value.items) << name;
  }
}

constexpr const char* library = "#!lua name=mine\nredis.register_function('one', function() return 1 end)";

class RdbOfEachServer : public EachServer {
 protected:
  static void fill(const RedisServer& server) {
    fill_with_every_shape(server);
    EXPECT_EQ(redis_cli(server, {"FUNCTION", "LOAD", library}), "mine");
  }
};

const std::vector<Words> thresholds{
    {},
    {"--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0", "--set-max-intset-entries", "0",
     "--list-max-listpack-size", "1", "--stream-node-max-entries", "1"},
    {"--hash-max-listpack-entries", "10000", "--hash-max-listpack-value", "100000",
     "--zset-max-listpack-entries", "10000", "--zset-max-listpack-value", "100000",
     "--set-max-intset-entries", "10000", "--list-max-listpack-size", "-5", "--list-compress-depth", "1",
     "--stream-node-max-entries", "0"},
    {"--rdbcompression", "no", "--rdbchecksum", "no", "--list-max-listpack-size", "-1"}};

// RDB-1: what a file has is what a client reads, whatever the version and its thresholds
TEST_P(RdbOfEachServer, values_are_those_that_a_client_reads) {
  for (const auto& settings : thresholds) {
    SCOPED_TRACE(testing::PrintToString(settings));
    RedisServer server(settings, GetParam().program);
    fill(server);
    const auto file = saved(server);
    const auto json = output({"rdb", "json", file});
    for (const int db : {0, 1, 9}) expect_same(values_of_json(json, db), values_of_server(server, db));
    const auto check = Json::parse(output({"rdb", "check", file, "--format", "json"}));
    EXPECT_EQ(check["sound"], true);
  }
}

TEST_P(RdbOfEachServer, files_give_the_same_byte_by_byte) {
  using namespace source::rdb;
  for (const auto& settings : thresholds) {
    SCOPED_TRACE(testing::PrintToString(settings));
    RedisServer server(settings, GetParam().program);
    fill(server);
    const auto bytes = bytes_of_file(saved(server));
    for (const auto reading : {Reading::elements, Reading::names, Reading::nothing}) {
      Transcript whole(reading), pieces(reading);
      EXPECT_TRUE(decode_bytes(bytes, whole, 16 << 20).complete);
      const auto decoded = decode_bytes(bytes, pieces, 1);
      EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
      EXPECT_TRUE(pieces.lines == whole.lines);
      EXPECT_EQ(pieces.packed_bytes, whole.packed_bytes);
      EXPECT_EQ(decoded.skipped, 0U) << "all of it is understood";
    }
  }
}

TEST_P(RdbOfEachServer, keys_are_exactly_those_of_the_server) {
  RedisServer server({}, GetParam().program);
  fill(server);
  const auto listed = keys_of({"rdb", "keys", saved(server)});
  const auto held = values_of_server(server, 0);
  EXPECT_EQ(listed.size(), held.size());
  for (const auto& [name, value] : held) {
    ASSERT_TRUE(listed.contains(name)) << name;
    const auto& line = listed.at(name);
    EXPECT_EQ(line["type"], value.type) << name;
    // A blob whose fields have TTLs is a listpack of another name (7.4).
    EXPECT_EQ(line["encoding"], value.encoding == "listpackex" ? "listpack" : value.encoding) << name;
    EXPECT_EQ(line["elements"], value.elements) << name;
    EXPECT_EQ(line["ttl"].is_null(), value.expires_at_ms < 0) << name;
  }
}

TEST_P(RdbOfEachServer, idle_times_and_counters_are_told_where_the_file_has_them) {
  RedisServer lru({"--maxmemory-policy", "allkeys-lru", "--maxmemory", "1gb"}, GetParam().program);
  RedisServer lfu({"--maxmemory-policy", "allkeys-lfu", "--maxmemory", "1gb"}, GetParam().program);
  for (auto* server : {&lru, &lfu}) {
    fill(*server);
    expect_same(values_of_json(output({"rdb", "json", saved(*server)}), 0), values_of_server(*server, 0));
  }
  for (const auto& [name, line] : keys_of({"rdb", "keys", saved(lru)}))
    EXPECT_LE(line["idle_seconds"], 60) << name;
  for (const auto& [name, line] : keys_of({"rdb", "keys", saved(lfu)})) EXPECT_GE(line["freq"], 1) << name;
}

// The bytes that a replica gets are those of a file, and what is said of them is the same.
TEST_P(RdbOfEachServer, a_snapshot_says_what_the_file_says) {
  for (const std::string diskless : {"yes", "no"}) {
    SCOPED_TRACE(diskless);
    RedisServer server({"--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0"},
                       GetParam().program);
    fill(server);
    const auto report = [](Words words) {
      words.insert(words.end(), {"--allocator", "jemalloc-16", "--format", "json"});
      return Json::parse(output(words));
    };
    const auto file = report({"audit", saved(server)});
    const auto snapshot = report({"audit", server.url(), "--source", "snapshot", "--force"});
    EXPECT_EQ(snapshot["source"], "snapshot");
    for (const auto* part : {"families", "types", "patterns"}) EXPECT_EQ(snapshot[part], file[part]) << part;
    EXPECT_EQ(redis_cli(server, {"PING"}), "PONG");
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RdbOfEachServer, testing::ValuesIn(server_builds()), build_name);

}  // namespace
}  // namespace headroom::test
