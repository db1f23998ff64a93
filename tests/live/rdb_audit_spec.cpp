#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kit/loaded_server.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "live/audited.h"

// `headroom audit` on RDB files and replication snapshots, as a user runs it.
namespace headroom::test {
namespace {

using testing::HasSubstr;

std::string dump_path(const std::string& name) {
  return std::string(HEADROOM_TREE) + "/tests/dumps/" + name + ".rdb";
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RdbAudit : public testing::Test {
 protected:
  RdbAudit() { std::filesystem::create_directories(folder_); }
  ~RdbAudit() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    return folder_ + "/" + name;
  }
  std::string folder() const { return folder_; }

 private:
  std::string folder_ =
      std::filesystem::temp_directory_path() / ("headroom-rdb-audit-" + std::to_string(::getpid()));
};

Json audit(const std::vector<std::string>& words, int status = 0) {
  std::vector<std::string> all{"audit", "--format", "json"};
  all.insert(all.end(), words.begin(), words.end());
  const auto finished = headroom(all);
  EXPECT_EQ(finished.status, status) << finished.err;
  return Json::parse(finished.out, nullptr, false);
}

std::map<std::string, std::int64_t> keys_by(const Json& report, const std::string& table,
                                            const std::string& name) {
  std::map<std::string, std::int64_t> keys;
  for (const auto& row : report.at(table)) keys[row.at(name).dump()] += row.at("keys").get<std::int64_t>();
  return keys;
}

TEST_F(RdbAudit, finds_in_a_file_what_it_finds_on_the_server_that_wrote_it) {
  for (const std::string name : {"bullmq6_all_states", "celery_mixed", "others", "demo"}) {
    const auto server = loaded_server(name);
    // Keys whose TTL has run out since the dump was made are gone from the server; a fresh file of it has the
    // same keys.
    redis_cli(*server, {"SAVE"});
    const auto live = audit({server->url(), "--source", "scan", "--exact"}),
               read = audit({server->folder() + "/dump.rdb"});
    EXPECT_EQ(read.at("source"), "rdb");
    EXPECT_TRUE(read.at("complete").get<bool>());
    EXPECT_EQ(keys_by(read, "families", "family"), keys_by(live, "families", "family")) << name;
    EXPECT_EQ(keys_by(read, "patterns", "pattern"), keys_by(live, "patterns", "pattern")) << name;
    EXPECT_EQ(keys_by(read, "types", "encoding"), keys_by(live, "types", "encoding")) << name;
    EXPECT_EQ(read.at("ttl").at("without"), live.at("ttl").at("without")) << name;
  }
}

TEST_F(RdbAudit, bytes_add_up_to_what_the_server_used_within_one_percent) {
  RedisServer server;
  fill(server, "celery-task-meta", 30'000);
  redis_cli(server, {"EVAL",
                     "for i = 1, 20000 do redis.call('HSET', 'bull:mail:' .. i, 'name', 'send', 'data', "
                     "string.rep('x', 300), 'opts', '{}', 'timestamp', '1795000000000', 'delay', '0') "
                     "redis.call('ZADD', 'bull:mail:completed', i, i) end",
                     "0"});
  redis_cli(server, {"SAVE"});
  const auto report = audit({server.folder() + "/dump.rdb"});
  double used = 0, unexplained = 0;
  for (const auto& line : report.at("reconciliation")) {
    used += line.at("bytes").get<double>();
    if (line.at("name") == "not explained") unexplained = line.at("bytes").get<double>();
  }
  EXPECT_EQ(used, report.at("server").at("used_memory").get<double>());
  EXPECT_LT(std::abs(unexplained) / used, 0.01);
}

TEST_F(RdbAudit, server_facts_come_from_the_file) {
  const auto report = audit({dump_path("demo")});
  EXPECT_EQ(report.at("server").at("version"), "7.0.15");
  EXPECT_EQ(report.at("time"), "2026-11-21T04:47:34Z");
  EXPECT_GT(report.at("server").at("used_memory").get<std::int64_t>(), 1'000'000);
}

TEST_F(RdbAudit, a_file_cut_short_gives_what_was_read_the_offset_and_exit_4) {  // F01
  const auto whole = content(dump_path("demo"));
  for (const double share : {0.1, 0.5, 0.95}) {
    const auto cut = whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * share));
    const auto report = audit({file("cut.rdb", cut)}, 4);
    EXPECT_FALSE(report.at("complete").get<bool>());
    const auto& fault = report.at("faults").at(0);
    EXPECT_THAT(fault.at("what").get<std::string>(), HasSubstr("ends here"));
    EXPECT_LE(fault.at("offset").get<std::size_t>(), cut.size());
    EXPECT_GT(fault.at("offset").get<std::size_t>() + 20'000, cut.size());
    EXPECT_GT(report.at("keys").get<int>(), 0);
    EXPECT_TRUE(report.at("faults").at(0).contains("last_key"));
    for (const auto& row : report.at("debris"))
      EXPECT_EQ(row.at("certainty"), "suspected") << "of a part nothing is proved";
  }
}

TEST_F(RdbAudit, a_changed_byte_is_seen_by_the_checksum) {  // F02
  auto bytes = content(dump_path("demo"));
  const auto text = bytes.find("thank you");
  ASSERT_NE(text, std::string::npos);
  bytes[text] = 'T';
  const auto report = audit({file("flipped.rdb", bytes)}, 4);
  EXPECT_THAT(report.at("faults").at(0).at("what").get<std::string>(), HasSubstr("checksum"));
}

TEST_F(RdbAudit, a_file_without_keys_is_an_empty_report) {
  RedisServer server;
  redis_cli(server, {"SAVE"});
  const auto report = audit({server.folder() + "/dump.rdb"});
  EXPECT_EQ(report.at("keys"), 0);
  EXPECT_TRUE(report.at("complete").get<bool>());
  EXPECT_EQ(headroom({"audit", server.folder() + "/dump.rdb"}).status, 0);
}

TEST_F(RdbAudit, what_is_no_rdb_file_is_a_usage_error) {  // F06
  const std::string empty = file("empty.rdb", ""), text = file("text.rdb", "port 6379\nsave 60 1000\n");
  for (const auto& path : {empty, text, folder(), folder() + "/missing.rdb", std::string("/dev/zero")}) {
    const auto finished = headroom({"audit", path});
    EXPECT_EQ(finished.status, 2) << path;
    EXPECT_THAT(finished.err, HasSubstr(path));
    EXPECT_THAT(finished.err, HasSubstr("try: "));
    EXPECT_EQ(finished.out, "");
  }
}

TEST_F(RdbAudit, several_shards_are_one_report) {
  const auto a = audit({dump_path("bullmq6_debris")}), b = audit({dump_path("celery_mixed")}),
             both = audit({dump_path("bullmq6_debris"), dump_path("celery_mixed")}),
             twice = audit({dump_path("bullmq6_debris"), dump_path("bullmq6_debris")});
  EXPECT_EQ(both.at("keys").get<int>(), a.at("keys").get<int>() + b.at("keys").get<int>());
  EXPECT_EQ(both.at("debris").size(), a.at("debris").size() + b.at("debris").size());
  EXPECT_EQ(twice.at("patterns").size(), a.at("patterns").size());
  ASSERT_EQ(twice.at("debris").size(), a.at("debris").size());
  const auto orphans = [](const Json& report) {
    std::int64_t keys = 0;
    for (const auto& row : report.at("debris"))
      if (row.at("kind") == "orphaned-job") keys += row.at("keys").get<std::int64_t>();
    return keys;
  };
  EXPECT_EQ(orphans(twice), 2 * orphans(a));
}

TEST_F(RdbAudit, packed_files_and_standard_input_say_the_same) {
  const auto path = dump_path("bullmq6_debris");
  const auto plain = audit({path});
  run({"cp", path, folder() + "/d.rdb"});
  run({"gzip", "-k", folder() + "/d.rdb"});
  for (auto report : {audit({folder() + "/d.rdb.gz"})}) {
    EXPECT_EQ(report.at("families"), plain.at("families"));
    EXPECT_EQ(report.at("debris"), plain.at("debris"));
  }
  const auto piped = run({HEADROOM_PROGRAM, "audit", "-", "--format", "json"}, {}, content(path));
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(Json::parse(piped.out).at("families"), plain.at("families"));
}

TEST_F(RdbAudit, compares_with_an_older_file) {
  RedisServer server;
  fill(server, "cache", 100);
  redis_cli(server, {"SAVE"});
  std::filesystem::rename(server.folder() + "/dump.rdb", folder() + "/old.rdb");
  fill(server, "upload", 5000);
  redis_cli(server, {"SAVE"});
  const auto finished = headroom(
      {"audit", server.folder() + "/dump.rdb", "--compare", folder() + "/old.rdb", "--format", "json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const auto report = Json::parse(finished.out);
  EXPECT_EQ(report.at("schema"), "headroom.growth/1");
  EXPECT_EQ(report.at("patterns").at(0).at("pattern"), "upload:{n}");
}

TEST_F(RdbAudit, keys_past_their_ttl_are_told_apart) {
  // A replica keeps expired keys until its master deletes them, and writes them into its file.
  RedisServer server({"--enable-debug-command", "yes"});
  redis_cli(server, {"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
  for (int i = 0; i < 5; ++i) redis_cli(server, {"SET", "short:" + std::to_string(i), "x", "PX", "1"});
  redis_cli(server, {"SET", "long:1", "x", "EX", "1000"});
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // the file names its time in whole seconds
  redis_cli(server, {"SAVE"});
  const auto report = audit({server.folder() + "/dump.rdb"});
  EXPECT_EQ(report.at("ttl").at("expired"), 5);
}

TEST_F(RdbAudit, a_snapshot_of_a_running_server_is_a_file_without_a_file) {
  const auto server = loaded_server("bullmq6_debris");
  redis_cli(*server, {"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
  const auto read = audit({server->url(), "--source", "snapshot", "--force"});
  EXPECT_EQ(read.at("source"), "snapshot");
  // The child that made the snapshot may need a moment to end; SAVE is refused until then.
  while (redis_cli(*server, {"SAVE"}) != "OK") std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto saved = audit({server->folder() + "/dump.rdb"});
  EXPECT_EQ(keys_by(read, "families", "family"), keys_by(saved, "families", "family"));
  EXPECT_EQ(keys_by(read, "debris", "kind"), keys_by(saved, "debris", "kind"));
  EXPECT_THAT(redis_cli(*server, {"INFO", "replication"}), HasSubstr("connected_slaves:0"));
}

TEST_F(RdbAudit, where_a_snapshot_is_forbidden_it_scans_and_says_so) {
  RedisServer server;
  fill(server, "key", 10);
  redis_cli(server, {"ACL", "SETUSER", "eye", "on", ">see", "~*", "+@all", "-psync", "-sync"});
  const auto report = Json::parse(headroom({"audit", "unix://eye:see@" + server.socket_path(), "--source",
                                            "snapshot", "--force", "--format", "json"})
                                      .out);
  EXPECT_EQ(report.at("source"), "scan");
  EXPECT_THAT(report.at("notes").dump(), HasSubstr("no snapshot could be had"));
}

TEST_F(RdbAudit, a_small_server_is_scanned_unless_told_otherwise) {
  RedisServer server;
  fill(server, "key", 10);
  EXPECT_EQ(audit({server.url()}).at("source"), "scan");
}

}  // namespace
}  // namespace headroom::test
