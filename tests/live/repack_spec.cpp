#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "live/audited.h"

// What `headroom repack` foretells, and what a real server saves when its limits are set.
namespace headroom::test {
namespace {

constexpr double near = 0.02, near_in_place = 0.05;

/// Hashes as job queues and Celery leave them, and what is small, long or wide among hashes, sorted sets and
/// sets.
constexpr const char* fill_script = R"(
  math.randomseed(7)
  for i = 1, 4000 do
    redis.call('HSET', 'task:' .. i, 'name', 'email', 'data', string.rep('d', 280 + i % 40), 'opts',
               '{"attempts":3}', 'timestamp', 1795000000000 + i, 'delay', 0, 'priority', 0, 'processedOn',
               1795000001000 + i, 'finishedOn', 1795000002000 + i, 'returnvalue', '{"ok":true}', 'atm', 1)
  end
  for i = 1, 300 do
    redis.call('HSET', 'celery-meta:' .. i, 'status', 'FAILURE', 'traceback', string.rep('t', 100 + i * 10))
    redis.call('HSET', 'short:' .. i, 'a', i, 'b', 'some words')
  end
  for i = 1, 40 do
    for j = 1, 300 do redis.call('ZADD', 'ranking:' .. i, 1795000000000 + j * i, 'member:' .. j) end
    for j = 1, 900 do redis.call('SADD', 'ids:' .. i, j * 70001) end
    for j = 1, 200 do redis.call('SADD', 'words:' .. i, 'word' .. j) end
  end
)";

/// Bytes of the data: what is given back when all of it is flushed.
std::uint64_t used_memory(const RedisServer& server) {
  const auto info = redis_cli(server, {"INFO", "memory"});
  return std::stoull(info.substr(info.find("used_memory:") + 12));
}

/// Until what the last clients held is given back: the least of several looks.
std::uint64_t settled_memory(const RedisServer& server) {
  auto least = used_memory(server);
  for (int look = 0; look < 25; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    least = std::min(least, used_memory(server));
  }
  return least;
}

std::uint64_t data_memory(const RedisServer& server) {
  const auto with = settled_memory(server);
  redis_cli(server, {"FLUSHALL", "SYNC"});
  return with - settled_memory(server);
}

Json repack(const std::string& target, const std::string& allocator = "auto") {
  const auto finished = headroom({"repack", target, "--format", "json", "--allocator", allocator});
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.status == 0 ? Json::parse(finished.out) : Json();
}

/// As --allocator names it: a file does not say, and little data does not show.
std::string allocator_of(const RedisServer& server) {
  const auto stats = redis_cli(server, {"MEMORY", "MALLOC-STATS"});
  const bool wide = stats.find("Quantum size: 16") != std::string::npos;
  return stats.find("jemalloc") == std::string::npos ? "libc" : wide ? "jemalloc-16" : "jemalloc-8";
}

/// The path of the file. The child that served a snapshot may be there for a moment, and forbids SAVE.
std::string saved_by(const RedisServer& server) {
  for (int tries = 0; redis_cli(server, {"SAVE"}) != "OK"; ++tries) {
    if (tries > 500) throw std::runtime_error("SAVE is refused");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return server.folder() + "/dump.rdb";
}

/// What the report says is saved under these limits; a rung that saves no more than a lower one is not in it.
double foretold(const Json& rows, const std::string& kind, std::int64_t value, std::int64_t entries) {
  double most = 0;
  for (const auto& row : rows)
    if (row["kind"] == kind && (row["value"].is_null() || row["value"] <= value) && row["entries"] <= entries)
      most = std::max(most, row["bytes_saved"].get<double>());
  return most;
}

TEST(Repack, foretells_what_a_server_saves_that_is_filled_under_the_limit) {
  RedisServer plain({"--hash-max-listpack-entries", "128"});
  redis_cli(plain, {"EVAL", fill_script, "0"});
  const auto report = repack(saved_by(plain), allocator_of(plain));
  const auto before = static_cast<double>(data_memory(plain));

  RedisServer wider({"--hash-max-listpack-entries", "128", "--hash-max-listpack-value", "512"});
  redis_cli(wider, {"EVAL", fill_script, "0"});
  const auto hashes = foretold(report["settings"], "hash", 512, 128);
  const auto saved_on_hashes = before - static_cast<double>(data_memory(wider));
  EXPECT_NEAR(saved_on_hashes, hashes, near * hashes);
  RecordProperty("hash-max-listpack-value 512, foretold", std::to_string(hashes));
  RecordProperty("hash-max-listpack-value 512, measured", std::to_string(saved_on_hashes));

  std::vector<std::string> limits{"--hash-max-listpack-entries", "128"};
  for (const auto& row : report["commands"]) {
    const auto line = row["redis_conf"].get<std::string>();
    limits.push_back("--" + line.substr(0, line.find(' ')));
    limits.push_back(line.substr(line.find(' ') + 1));
  }
  ASSERT_GE(limits.size(), 8U) << report["commands"];  // hashes, sorted sets, sets of integers
  RedisServer advised(limits);
  redis_cli(advised, {"EVAL", fill_script, "0"});
  const auto all = report["bytes_saved"].get<double>();
  const auto saved = before - static_cast<double>(data_memory(advised));
  EXPECT_NEAR(saved, all, near * all);
  RecordProperty("all that is advised, foretold", std::to_string(all));
  RecordProperty("all that is advised, measured", std::to_string(saved));
}

/// DUMP and RESTORE of every hash in place, with its TTL: the way to change a running server (bull-bullmq.md
/// 4.4).
void make_hashes_anew(const RedisServer& server) {
  redis_cli(server, {"EVAL", R"(
    local cursor = '0'
    repeat
      local page = redis.call('SCAN', cursor, 'COUNT', 1000, 'TYPE', 'hash')
      cursor = page[1]
      for _, key in ipairs(page[2]) do
        local ttl = redis.call('PTTL', key)
        redis.call('RESTORE', key, ttl > 0 and ttl or 0, redis.call('DUMP', key), 'REPLACE')
      end
    until cursor == '0')",
                     "0"});
}

TEST(Repack, foretells_by_queue_what_jobs_of_bullmq_save_when_they_are_made_anew) {
  RedisServer server;
  produce({"bullmq_finished.mjs", "--queue", "mail", "--jobs", "3000"}, server.url());
  produce({"bullmq_finished.mjs", "--queue", "short", "--jobs", "500", "--bytes", "10"}, server.url());
  const auto report = repack(saved_by(server), allocator_of(server));
  redis_cli(server, {"CONFIG", "SET", "hash-max-listpack-value", "512"});
  const auto before = settled_memory(server);
  redis_cli(server, {"HSET", "bull:mail:1", "data", "{}"});  // what is there stays as it is, written or not
  ASSERT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "bull:mail:1"}), "hashtable");
  make_hashes_anew(server);
  ASSERT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "bull:mail:1"}), "listpack");
  const auto saved = static_cast<double>(before) - static_cast<double>(settled_memory(server));

  EXPECT_EQ(report["commands"][0]["command"], "CONFIG SET hash-max-listpack-value 512");
  const auto mail = row(report["owners"], "owner", "bull:mail");
  ASSERT_FALSE(mail.is_null()) << report["owners"];
  EXPECT_EQ(mail["family"], "bullmq");
  const auto hashes = foretold(report["settings"], "hash", 512, 512);
  EXPECT_NEAR(saved, hashes, near_in_place * hashes);
  EXPECT_NEAR(foretold(mail["settings"], "hash", 512, 512), hashes, 0.01 * hashes);
  const auto jobs = row(report["jobs"], "owner", "bull:mail");
  EXPECT_EQ(jobs["jobs"], 3000);
  EXPECT_NEAR(jobs["bytes_per_job"].get<double>() - jobs["bytes_per_job_after"].get<double>(), saved / 3000,
              near_in_place * saved / 3000);
  RecordProperty("bytes saved, foretold", std::to_string(hashes));
  RecordProperty("bytes saved, measured", std::to_string(saved));
  RecordProperty("a job, before and after", jobs.dump());
}

TEST(Repack, is_right_that_a_restart_packs_what_the_limits_allow) {
  RedisServer server({"--hash-max-listpack-value", "512", "--zset-max-listpack-entries", "512",
                      "--set-max-intset-entries", "1024"});
  redis_cli(server, {"CONFIG", "SET", "hash-max-listpack-value", "64", "zset-max-listpack-entries", "128",
                     "set-max-intset-entries", "512"});
  redis_cli(server, {"EVAL", fill_script, "0"});
  ASSERT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "task:1"}), "hashtable");
  ASSERT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "ranking:1"}), "skiplist");
  ASSERT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "ids:1"}), "hashtable");
  saved_by(server);
  server.restart();
  EXPECT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "task:1"}), "listpack");
  EXPECT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "ranking:1"}), "listpack");
  EXPECT_EQ(redis_cli(server, {"OBJECT", "ENCODING", "ids:1"}), "intset");
}

TEST(Repack, reads_a_running_server_as_it_reads_its_file) {
  RedisServer server;
  redis_cli(server, {"EVAL", fill_script, "0"});
  const auto live = repack(server.url());
  const auto file = repack(saved_by(server), allocator_of(server));
  EXPECT_EQ(live["source"], "snapshot");
  EXPECT_EQ(file["source"], "rdb");
  EXPECT_EQ(live["settings"], file["settings"]);
  EXPECT_EQ(live["commands"], file["commands"]);
}

TEST(Repack, of_a_damaged_file_is_partial) {
  RedisServer server;
  redis_cli(server, {"EVAL", fill_script, "0"});
  const auto whole = saved_by(server), cut = server.folder() + "/cut.rdb";
  ASSERT_EQ(run({"sh", "-c", "head -c 300000 " + whole + " > " + cut}).status, 0);
  const auto finished = headroom({"repack", cut, "--format", "json"});
  EXPECT_EQ(finished.status, 4);
  const auto report = Json::parse(finished.out);
  EXPECT_EQ(report["complete"], false);
  EXPECT_GT(report["bytes_saved"], 0);
}

TEST(Repack, says_what_it_cannot_do) {
  EXPECT_EQ(headroom({"repack", "a.rdb", "b.rdb"}).status, 2);
  EXPECT_EQ(headroom({"repack", "redis://127.0.0.1:1", "--source", "scan"}).status, 2);
  EXPECT_EQ(headroom({"repack", "/no/such/file.rdb"}).status, 2);
}

}  // namespace
}  // namespace headroom::test
