#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "kit/loaded_server.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "live/stored_values.h"

// `headroom rdb` on what redis-server wrote, judged by what a client reads from that server.
namespace headroom::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

constexpr int usage = 2, partial = 4;

std::string dump_path(const std::string& name) {
  return std::string(HEADROOM_TREE) + "/tests/dumps/" + name + ".rdb";
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string saved(const RedisServer& server) {
  EXPECT_EQ(redis_cli(server, {"SAVE"}), "OK");
  return server.folder() + "/dump.rdb";
}

std::string output(const std::vector<std::string>& words) {
  const auto finished = headroom(words);
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string name_of(const Json& line) {
  return line.contains("key_base64") ? from_base64(line["key_base64"].get<std::string>())
                                     : line.at("key").get<std::string>();
}

std::map<std::string, Json> keys_of(const std::vector<std::string>& words, int db = 0) {
  std::map<std::string, Json> keys;
  for (const auto& line : lines_of(output(words)))
    if (auto json = Json::parse(line); json.at("db") == db) {
      const auto name = name_of(json);
      EXPECT_TRUE(keys.emplace(name, std::move(json)).second) << "listed twice: " << line;
    }
  return keys;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string described(const StoredValue& value) {
  auto text = value.type + " until " + std::to_string(value.expires_at_ms) + ":";
  for (std::size_t i = 0; i < std::min<std::size_t>(value.items.size(), 30); ++i)
    text += " " + value.items[i].substr(0, 80);
  return text;
}

/// Both ways; keys whose time has run out since the file was written are not asked for.
void expect_same(const StoredValues& from_file, const StoredValues& from_server) {
  EXPECT_FALSE(from_server.empty());
  for (const auto& [name, value] : from_server) {
    const auto told = from_file.find(name);
    if (told == from_file.end())
      ADD_FAILURE() << "not told: " << name;
    else
      EXPECT_TRUE(told->second == value)
          << name << "\nfile:   " << described(told->second) << "\nserver: " << described(value);
  }
  for (const auto& [name, value] : from_file) {
    const bool gone = value.expires_at_ms >= 0 && value.expires_at_ms <= now_ms();
    EXPECT_TRUE(gone || from_server.contains(name)) << "the server does not have it: " << name;
  }
}

class RdbOfDumps : public testing::TestWithParam<std::string> {};

TEST_P(RdbOfDumps, values_are_those_that_a_client_reads) {
  const auto server = loaded_server(GetParam());
  const auto json = output({"rdb", "json", dump_path(GetParam())});
  for (int db = 0; db < 16; ++db) {
    const auto held = values_of_server(*server, db);
    if (!held.empty()) expect_same(values_of_json(json, db), held);
  }
}

TEST_P(RdbOfDumps, are_sound) {
  const auto finished = headroom({"rdb", "check", dump_path(GetParam()), "--format", "json"});
  EXPECT_EQ(finished.status, 0) << finished.err;
  const auto report = Json::parse(finished.out);
  EXPECT_EQ(report["sound"], true);
  EXPECT_EQ(report["checksum"], "right");
  EXPECT_EQ(report["fault"], nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, RdbOfDumps,
                         testing::Values("bull4_all_states", "bullmq5_all_states", "bullmq5_debris",
                                         "bullmq6_all_states", "bullmq6_debris", "celery_mixed", "demo",
                                         "hostile_names", "others"),
                         [](const auto& dump_name) { return dump_name.param; });

/// A server with every shape, and its file.
class RdbOfServer : public testing::Test {
 protected:
  static void fill_and_save(RedisServer& server, std::string& file) {
    fill_with_every_shape(server);
    file = saved(server);
  }
  static void SetUpTestSuite() {
    server_ = new RedisServer;
    fill_and_save(*server_, file_);
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  static inline RedisServer* server_ = nullptr;
  static inline std::string file_{};
};

TEST_F(RdbOfServer, values_are_those_that_a_client_reads) {
  const auto json = output({"rdb", "json", file_});
  for (const int db : {0, 1, 9}) expect_same(values_of_json(json, db), values_of_server(*server_, db));
  EXPECT_THAT(values_of_json(json, 0), testing::SizeIs(testing::Gt(350U)));
}

TEST_F(RdbOfServer, values_are_the_same_whatever_the_thresholds_of_the_server) {
  for (const auto& settings : std::vector<std::vector<std::string>>{
           {"--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0",
            "--set-max-intset-entries", "0", "--list-max-listpack-size", "1", "--stream-node-max-entries",
            "1"},
           {"--hash-max-listpack-entries", "10000", "--hash-max-listpack-value", "100000",
            "--zset-max-listpack-entries", "10000", "--zset-max-listpack-value", "100000",
            "--set-max-intset-entries", "10000", "--list-max-listpack-size", "-5", "--list-compress-depth",
            "1", "--stream-node-max-entries", "0"},
           {"--rdbcompression", "no", "--rdbchecksum", "no", "--list-max-listpack-size", "-1"}}) {
    RedisServer server(settings);
    std::string file;
    fill_and_save(server, file);
    expect_same(values_of_json(output({"rdb", "json", file}), 0), values_of_server(server, 0));
    EXPECT_EQ(headroom({"rdb", "check", file}).status, 0);
  }
}

TEST_F(RdbOfServer, keys_are_exactly_those_of_the_server) {
  for (const int db : {0, 1, 9}) {
    const auto listed = keys_of({"rdb", "keys", file_}, db);
    const auto held = values_of_server(*server_, db);
    EXPECT_EQ(listed.size(), held.size());
    for (const auto& [name, value] : held) {
      ASSERT_TRUE(listed.contains(name)) << name;
      const auto& line = listed.at(name);
      EXPECT_EQ(line["type"], value.type) << name;
      EXPECT_EQ(line["encoding"], value.encoding) << name;
      EXPECT_EQ(line["elements"], value.elements) << name;
      EXPECT_EQ(line["expired"], false) << name;
      EXPECT_EQ(line["ttl"].is_null(), value.expires_at_ms < 0) << name;
    }
  }
}

TEST_F(RdbOfServer, ttls_count_from_the_moment_of_the_file) {
  const auto listed = keys_of({"rdb", "keys", file_, "--expiry", "any"});
  const auto names = {"ttl:hour", "ttl:hash", "ttl:list"};
  EXPECT_EQ(listed.size(), names.size());
  EXPECT_EQ(listed.at("ttl:hash")["expires_at"], "2100-01-01T00:00:00.123Z");
  EXPECT_NEAR(listed.at("ttl:hour")["ttl"].get<double>(), 3600, 15);
  EXPECT_NEAR(listed.at("ttl:list")["ttl"].get<double>(), 86400 * 30, 15);
}

TEST_F(RdbOfServer, bytes_are_near_to_what_the_server_says) {
  // MEMORY USAGE overstates streams and leaves out what the allocator rounds up: bench/memory_model has the
  // truth.
  const auto listed = keys_of({"rdb", "keys", file_, "--allocator", "jemalloc-16"});
  double model = 0, usage_of_server = 0;
  for (const auto& [name, value] : values_of_server(*server_, 0)) {
    if (value.type == "stream") continue;
    model += listed.at(name)["bytes"].get<double>();
    usage_of_server += static_cast<double>(value.bytes);
  }
  EXPECT_NEAR(model / usage_of_server, 1, 0.1);
}

TEST_F(RdbOfServer, packed_files_and_pipes_give_the_same) {
  const auto folder = server_->folder();
  ASSERT_EQ(run({"gzip", "-k", "-f", file_}).status, 0);
  ASSERT_EQ(run({"zstd", "-q", "-f", file_, "-o", file_ + ".zst"}).status, 0);
  for (const auto* action : {"json", "keys"}) {
    const auto plain = output({"rdb", action, file_, "--allocator", "jemalloc-8"});
    for (const auto* ending : {".gz", ".zst"})
      EXPECT_TRUE(output({"rdb", action, file_ + ending, "--allocator", "jemalloc-8"}) == plain)
          << action << ending;
    const auto piped =
        run({HEADROOM_PROGRAM, "rdb", action, "-", "--allocator", "jemalloc-8"}, {}, content(file_));
    EXPECT_EQ(piped.status, 0) << piped.err;
    EXPECT_TRUE(piped.out == plain) << action;
  }
}

/// RFC 4180; cells of ours hold no line ends.
std::vector<std::string> csv_cells(std::string line) {
  std::vector<std::string> cells(1);
  if (line.ends_with('\r')) line.pop_back();
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += line[i];
  }
  return cells;
}

TEST_F(RdbOfServer, csv_parses_back_to_the_same_keys) {
  const auto listed = keys_of({"rdb", "keys", file_});
  const auto lines = lines_of(output({"rdb", "keys", file_, "--format", "csv", "-n", "0"}));
  const auto head = csv_cells(lines.at(0));
  EXPECT_EQ(lines.size(), listed.size() + 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = csv_cells(lines[i]);
    ASSERT_EQ(cells.size(), head.size()) << lines[i];
    const auto name = cells[1].empty() ? cells[0] : from_base64(cells[1]);
    ASSERT_TRUE(listed.contains(name)) << lines[i];
    for (std::size_t c = 2; c < head.size(); ++c) {
      const auto value = listed.at(name).value(head[c], Json());
      if (value.is_number()) {  // 3600.300 here is 3600.3 there
        EXPECT_EQ(std::stod(cells[c]), value.get<double>()) << lines[i] << ", " << head[c];
        continue;
      }
      EXPECT_EQ(cells[c], value.is_null()     ? ""
                          : value.is_string() ? value.get<std::string>()
                                              : value.dump())
          << lines[i] << ", " << head[c];
    }
  }
}

TEST_F(RdbOfServer, filters_take_what_they_say) {
  const auto all = keys_of({"rdb", "keys", file_});
  const auto expect_filter = [&](const std::vector<std::string>& filter, const auto& wanted) {
    std::vector<std::string> keys{"rdb", "keys", file_, "-n", "0"}, json{"rdb", "json", file_, "-n", "0"};
    keys.insert(keys.end(), filter.begin(), filter.end());
    json.insert(json.end(), filter.begin(), filter.end());
    std::set<std::string> expected, listed, printed;
    for (const auto& [name, line] : all)
      if (wanted(name, line)) expected.insert(name);
    for (const auto& [name, line] : keys_of(keys)) listed.insert(name);
    for (const auto& [name, value] : values_of_json(output(json), 0)) printed.insert(name);
    EXPECT_EQ(listed, expected) << filter[0];
    EXPECT_EQ(printed, expected) << filter[0];
    EXPECT_FALSE(expected.empty()) << filter[0];
  };
  expect_filter({"--pattern", "text:1?"},
                [](const auto& name, const auto&) { return name.starts_with("text:1") && name.size() == 7; });
  expect_filter({"--type", "zset"}, [](const auto&, const auto& line) { return line["type"] == "zset"; });
  expect_filter({"--min-size", "10K"}, [](const auto&, const auto& line) { return line["bytes"] >= 10240; });
  expect_filter({"--expiry", "never"}, [](const auto&, const auto& line) { return line["ttl"].is_null(); });
  expect_filter({"--expiry", "within=2h"}, [](const auto& name, const auto&) { return name == "ttl:hour"; });
  expect_filter({"--expiry", "any", "--type", "hash"},
                [](const auto& name, const auto&) { return name == "ttl:hash"; });
}

TEST_F(RdbOfServer, stats_count_every_key) {
  const auto report = Json::parse(output({"rdb", "stats", file_, "--format", "json"}));
  std::uint64_t keys = 0, bytes = 0;
  for (const auto& kind : report["kinds"])
    keys += kind["keys"].get<std::uint64_t>(), bytes += kind["file_bytes"].get<std::uint64_t>();
  std::uint64_t held = 0;
  for (const int db : {0, 1, 9}) held += std::stoull(redis_cli(*server_, {"DBSIZE"}, db));
  EXPECT_EQ(keys, held);
  EXPECT_EQ(report["keys"], held);
  EXPECT_EQ(report["file_bytes"], std::filesystem::file_size(file_));
  EXPECT_LT(bytes, std::filesystem::file_size(file_));
  EXPECT_EQ(report["server_version"], "7.0.15");
}

// F05, RDB-1: wherever a file ends, what is printed is true, and the end is told.
TEST_F(RdbOfServer, a_file_that_is_cut_gives_what_was_whole) {
  const auto whole = content(dump_path("demo"));
  const auto all = lines_of(output({"rdb", "json", dump_path("demo")}));
  const std::set<std::string> known(all.begin(), all.end());
  const auto path = server_->folder() + "/cut.rdb";
  for (std::size_t size = 9; size < whole.size(); size += whole.size() / 23) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    const auto finished = headroom({"rdb", "json", path});
    EXPECT_EQ(finished.status, partial) << size;
    EXPECT_THAT(finished.err, HasSubstr("offset")) << size;
    const auto lines = lines_of(finished.out);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool broken_off = Json::parse(lines[i]).value("incomplete", false);
      EXPECT_TRUE(known.contains(lines[i]) || (broken_off && i + 1 == lines.size()))
          << lines[i].substr(0, 300);
    }
    const auto check = Json::parse(headroom({"rdb", "check", path, "--format", "json"}).out);
    EXPECT_EQ(check["sound"], false);
    EXPECT_LE(check["fault_offset"], size);
  }
}

TEST_F(RdbOfServer, a_changed_byte_is_found_by_the_checksum) {
  auto bytes = content(dump_path("demo"));
  const auto at = bytes.find("customer");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'C';
  const auto path = server_->folder() + "/changed.rdb";
  std::ofstream(path, std::ios::binary) << bytes;
  const auto check = headroom({"rdb", "check", path, "--format", "json"});
  EXPECT_EQ(check.status, partial);
  EXPECT_EQ(Json::parse(check.out)["checksum"], "wrong");
  EXPECT_EQ(headroom({"rdb", "keys", path}).status, partial);
}

TEST_F(RdbOfServer, keys_of_a_family_are_those_that_the_audit_counts) {
  for (const std::string dump : {"demo", "bullmq5_debris", "celery_mixed"}) {
    const auto audit = Json::parse(output({"audit", dump_path(dump), "--format", "json"}));
    for (const auto& family : audit["families"]) {
      const auto name = family["family"].get<std::string>();
      if (name == "unknown") continue;
      const auto lines = lines_of(output({"rdb", "keys", dump_path(dump), "--family", name}));
      EXPECT_EQ(lines.size(), family["keys"]) << dump << " " << name;
      for (const auto& line : lines) EXPECT_EQ(Json::parse(line)["family"], name);
    }
  }
}

TEST(Rdb, keys_that_had_expired_are_told_as_such) {
  RedisServer server({"--enable-debug-command", "yes"});
  redis_cli(server, {"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
  redis_cli(server, {"SET", "over", "1", "PX", "1"});
  redis_cli(server, {"SET", "later", "1", "EX", "1000"});
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // the file tells its time in whole seconds
  const auto file = saved(server);
  const auto keys = keys_of({"rdb", "keys", file});
  EXPECT_EQ(keys.at("over")["expired"], true);
  EXPECT_LT(keys.at("over")["ttl"], 0);
  EXPECT_EQ(keys.at("later")["expired"], false);
  EXPECT_EQ(keys_of({"rdb", "keys", file, "--expiry", "expired"}).size(), 1U);
  EXPECT_TRUE(keys_of({"rdb", "keys", file, "--expiry", "within=1s"}).empty());
}

TEST(Rdb, idle_times_and_counters_are_told_where_the_file_has_them) {
  RedisServer lru({"--maxmemory-policy", "allkeys-lru", "--maxmemory", "1gb"});
  RedisServer lfu({"--maxmemory-policy", "allkeys-lfu", "--maxmemory", "1gb"});
  fill(lru, "k", 3);
  fill(lfu, "k", 3);
  for (const auto& [name, line] : keys_of({"rdb", "keys", saved(lru)}))
    EXPECT_LE(line["idle_seconds"], 5) << name;
  for (const auto& [name, line] : keys_of({"rdb", "keys", saved(lfu)})) EXPECT_GE(line["freq"], 1) << name;
}

TEST(Rdb, a_reader_that_leaves_is_no_error) {
  RedisServer server;
  fill(server, "many", 50'000);
  const auto file = saved(server);
  for (const std::string action : {"keys", "json"}) {
    const auto finished = run(
        {"bash", "-c", "set -o pipefail; " HEADROOM_PROGRAM " rdb " + action + " " + file + " | head -n 1"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    EXPECT_EQ(lines_of(finished.out).size(), 1U);
  }
}

TEST(Rdb, output_goes_to_a_file_of_its_own) {
  RedisServer server;
  const auto path = server.folder() + "/keys.ndjson";
  EXPECT_EQ(output({"rdb", "keys", dump_path("demo"), "--output", path}), "");
  EXPECT_EQ(content(path), output({"rdb", "keys", dump_path("demo")}));
}

TEST(Rdb, an_empty_server_has_an_empty_file) {
  RedisServer server;
  const auto file = saved(server);
  for (const auto* action : {"keys", "json"}) EXPECT_EQ(output({"rdb", action, file}), "");
  for (const auto* action : {"check", "stats"}) EXPECT_EQ(headroom({"rdb", action, file}).status, 0);
}

TEST(Rdb, what_is_wrong_is_told_with_the_way_on) {
  const auto dump = dump_path("demo");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"rdb"}, "what to do"},
      {{"rdb", "list", dump}, "'list'"},
      {{"rdb", "keys"}, "needs a file"},
      {{"rdb", "keys", dump, dump}, "one file"},
      {{"rdb", "check", dump, "--type", "set"}, "filters"},
      {{"rdb", "keys", dump, "--expiry", "soon"}, "'soon'"},
      {{"rdb", "keys", dump, "--min-size", "big"}, "'big'"},
      {{"rdb", "keys", dump, "--family", "nobody"}, "'nobody'"},
      {{"rdb", "keys", dump, "--format", "markdown"}, "ndjson"},
      {{"rdb", "json", dump, "--format", "csv"}, "JSON"},
      {{"rdb", "keys", HEADROOM_TREE "/README.md"}, "no RDB file"},
      {{"rdb", "json", "/nowhere.rdb"}, "No such file"}};
  for (const auto& [words, says] : cases) {
    const auto finished = headroom(words);
    EXPECT_EQ(finished.status, usage) << says << finished.err;
    EXPECT_EQ(finished.out, "") << says;
    EXPECT_THAT(finished.err, HasSubstr(says));
    EXPECT_THAT(finished.err, HasSubstr("try: "));
  }
  const auto piped = run({HEADROOM_PROGRAM, "rdb", "keys", "-", "--family", "bullmq"}, {}, content(dump));
  EXPECT_EQ(piped.status, usage);
  EXPECT_THAT(piped.err, HasSubstr("pipe"));
}

}  // namespace
}  // namespace headroom::test
