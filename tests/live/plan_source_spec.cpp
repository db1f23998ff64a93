#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "app/aged_server.h"
#include "kit/loaded_server.h"
#include "kit/running_program.h"
#include "live/live_work.h"
#include "live/plan_kit.h"

// `headroom plan --source FILE` and `--source snapshot`: what is proposed comes from a copy, what is done is
// proved on the server.
namespace headroom::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int fine = 0, usage = 2, unreachable = 3, partial = 4, refused = 5;

/// A queue of real finished jobs, with orphans, and a file of it.
class PlanOfACopy : public testing::Test {
 protected:
  PlanOfACopy() {
    std::filesystem::create_directory(kit.path("tmp"));
    ::setenv("TMPDIR", kit.path("tmp").c_str(), 1);
    kit.policy("[bull]\norphan_age = \"1m\"\ncompleted = { count = 5 }\n[limits]\nshare = \"100%\"\n");
  }
  ~PlanOfACopy() override {
    EXPECT_TRUE(std::filesystem::is_empty(kit.path("tmp"))) << "a copy was left behind";
    ::unsetenv("TMPDIR");
  }

  void finish(int jobs) {
    produce({"bullmq_finished.mjs", "--jobs", std::to_string(jobs), "--bytes", "20"}, kit.server.url());
  }
  /// Makes an orphan of a finished job, and an old one.
  void orphan(int id) {
    redis_cli(kit.server, {"ZREM", "bull:mail:completed", std::to_string(id)});
    make_old(id);
  }
  void make_old(int id) const {
    redis_cli(kit.server, {"HSET", job(id), "timestamp", "1700000000000", "processedOn", "1700000000001",
                           "finishedOn", "1700000000002"});
  }
  std::string save(const std::string& name = "copy.rdb") const { return save(kit.server, name); }
  std::string save(const RedisServer& server, const std::string& name) const {
    redis_cli(server, {"SAVE"});
    std::filesystem::copy_file(server.folder() + "/dump.rdb", kit.path(name),
                               std::filesystem::copy_options::overwrite_existing);
    return kit.path(name);
  }
  static std::string job(int id) { return "bull:mail:" + std::to_string(id); }
  /// The plan's own report.
  json planned(std::vector<std::string> more) const {
    more.insert(more.end(), {"--rule", "bull-*"});
    const auto made = kit.plan(std::move(more));
    EXPECT_EQ(made.status, fine) << made.err;
    return json::parse(made.out);
  }
  json applied() const {
    const auto done = kit.apply();
    EXPECT_EQ(done.status, fine) << done.err;
    return json::parse(done.out);
  }
  /// Keys that the plan is about, of one rule.
  std::set<std::string> proposed(const std::string& rule) const {
    std::set<std::string> keys;
    std::istringstream lines(
        kit.run_command({"plan", "show", "x.hrplan", "--keys", "--format", "ndjson"}).out);
    for (std::string line; std::getline(lines, line);)
      if (const auto step = json::parse(line); step.at("rule") == rule)
        keys.insert(step.at("keys").at(0).at("key").get<std::string>());
    return keys;
  }
  bool there(int id) const { return redis_cli(kit.server, {"EXISTS", job(id)}) == "1"; }
  bool waits(int id) const {
    return redis_cli(kit.server, {"LPOS", "bull:mail:wait", std::to_string(id)}) != "";
  }
  /// A queue of 2500 waiting jobs, and three orphans: more than a step may search for one.
  void fill_long_list() const {
    produce({"bullmq_clean.mjs", "--fill", "2500", "--orphans", "3"}, kit.server.url());
    for (const int id : {2501, 2502, 2503}) {
      ASSERT_FALSE(waits(id));
      make_old(id);
    }
  }

  PlanKit kit{};
};

// PLAN-1 PLAN-2 A80 A87: from a file of the server: exactly what is still as it was in the file goes
TEST_F(PlanOfACopy, takes_what_is_still_as_it_was) {
  finish(20);
  for (const int id : {3, 4}) orphan(id);
  const auto file = save();
  redis_cli(kit.server, {"CONFIG", "RESETSTAT"});
  const auto plan = planned({"--source", file});
  EXPECT_THAT(kit.writes(), IsEmpty());
  EXPECT_EQ(plan.at("source"), "rdb");
  EXPECT_EQ(proposed("bull-orphans"), (std::set<std::string>{job(3), job(4)}));
  EXPECT_EQ(proposed("bull-completed").size(), 13U) << "all but the newest five";
  const auto before = kit.digest();
  const auto report = applied();
  EXPECT_EQ(report.at("changed"), 0);
  EXPECT_EQ(redis_cli(kit.server, {"ZCARD", "bull:mail:completed"}), "5");
  EXPECT_FALSE(there(3) || there(4));
  const auto undone =
      kit.run_command({"undo", report.at("run").get<std::string>(), kit.server.url(), "--format", "json"});
  EXPECT_EQ(undone.status, fine) << undone.err;
  EXPECT_EQ(kit.digest(), before);
}

// APPLY-2 F42 A89: jobs that moved on since the file was written are left, whatever the file says
TEST_F(PlanOfACopy, leaves_what_has_changed_since) {
  finish(20);
  for (const int id : {3, 4, 5}) orphan(id);
  const auto file = save();
  // 1 waits again, 2 ran again, 6 was removed, 7 is another job of that id; 4 was put back into the list by
  // hand, 5 into the set of finished jobs.
  produce({"bullmq_since.mjs", "--run-again", "2", "--retry", "1", "--remove", "6", "--again", "7"},
          kit.server.url());
  redis_cli(kit.server, {"LPUSH", "bull:mail:wait", "4"});
  redis_cli(kit.server, {"ZADD", "bull:mail:completed", "1700000000002", "5"});
  const auto work = live_work(kit.server, {"bull:mail"});
  ASSERT_TRUE(waits(1) && waits(4) && waits(7));
  planned({"--source", file});
  EXPECT_THAT(proposed("bull-orphans"), testing::ElementsAre(job(3), job(4), job(5)));
  EXPECT_THAT(proposed("bull-completed"),
              AllOf(Contains(job(1)), Contains(job(2)), Contains(job(6)), Contains(job(7))));
  const auto report = applied();
  EXPECT_FALSE(there(3)) << "still an orphan";
  EXPECT_TRUE(there(1) && there(2) && there(4) && there(5) && there(7));
  EXPECT_EQ(report.at("changed").get<int>() + report.at("gone").get<int>(), 6) << report.dump(1);
  EXPECT_THAT(lost(work, live_work(kit.server, {"bull:mail"})), IsEmpty());
}

// A70: what is among the newest by now stays, although it was not when the file was written
TEST_F(PlanOfACopy, keeps_as_many_as_the_server_would) {
  finish(20);
  const auto file = save();
  const auto newest = redis_cli(kit.server, {"ZRANGE", "bull:mail:completed", "-8", "-1"});
  std::string ids = newest;
  std::replace(ids.begin(), ids.end(), '\n', ',');
  produce({"bullmq_since.mjs", "--remove", ids}, kit.server.url());
  planned({"--source", file});
  EXPECT_EQ(proposed("bull-completed").size(), 7U) << "twelve are left, and five of them stay";
  applied();
  EXPECT_EQ(redis_cli(kit.server, {"ZCARD", "bull:mail:completed"}), "5");
}

// PLAN-2: a snapshot is taken, read and thrown away; the plan is for the server, with its lists of any length
TEST_F(PlanOfACopy, can_be_of_a_snapshot) {
  fill_long_list();
  const auto plan = planned({"--source", "snapshot"});
  EXPECT_EQ(plan.at("source"), "snapshot");
  EXPECT_THAT(plan.at("notes").dump(), Not(HasSubstr("not known to be of this server")));
  EXPECT_EQ(proposed("bull-orphans"), (std::set<std::string>{job(2501), job(2502), job(2503)}));
  EXPECT_EQ(applied().at("changed"), 0);
  EXPECT_EQ(redis_cli(kit.server, {"LLEN", "bull:mail:wait"}), "2500");
  EXPECT_EQ(redis_cli(kit.server, {"EXISTS", job(2501), job(2502), job(2503)}), "0");
}

// A89: a file of the server's own past (by its replication id); an orphan that was put back into a list too
// long for a step is found there when the plan is made
TEST_F(PlanOfACopy, reads_lists_of_the_server_that_are_long) {
  fill_long_list();
  planned({"--source", "snapshot"});  // leaves the server a replication id
  const auto file = save();
  redis_cli(kit.server, {"LPUSH", "bull:mail:wait", "2502"});
  const auto plan = planned({"--source", file});
  EXPECT_THAT(plan.at("notes").dump(), Not(HasSubstr("replication id")));
  EXPECT_EQ(proposed("bull-orphans"), (std::set<std::string>{job(2501), job(2503)}));
}

// PLAN-2: what the file of another server calls an orphan waits here, with the same bytes
TEST_F(PlanOfACopy, of_another_server_is_told_and_proves_nothing_by_itself) {
  PlanKit other;
  produce({"bullmq_clean.mjs", "--fill", "50"}, kit.server.url());
  make_old(7);
  const auto whole = save("whole.rdb");
  std::filesystem::copy_file(whole, other.server.folder() + "/dump.rdb",
                             std::filesystem::copy_options::overwrite_existing);
  other.server.restart();
  ASSERT_EQ(redis_cli(other.server, {"LREM", "bull:mail:wait", "1", "7"}), "1");
  const auto file = save(other.server, "other.rdb");
  const auto plan = planned({"--source", file});
  EXPECT_THAT(plan.at("notes").dump(), HasSubstr("not known to be of this server"));
  EXPECT_THAT(proposed("bull-orphans"), testing::ElementsAre(job(7)));
  EXPECT_EQ(applied().at("changed"), 1);
  EXPECT_TRUE(there(7) && waits(7));
}

// A89: as above, where its list is too long to be searched: nothing is proposed
TEST_F(PlanOfACopy, of_another_server_leaves_orphans_of_long_lists) {
  fill_long_list();
  const auto plan = planned({"--source", save()});
  EXPECT_THAT(proposed("bull-orphans"), IsEmpty());
  EXPECT_THAT(plan.at("left_alone").dump(), HasSubstr("too long to be searched"));
}

// PLAN-2: a server that began from an older file never was where a newer one is, although both have its
// replication id
TEST_F(PlanOfACopy, newer_than_what_the_server_was_restored_to_is_told) {
  finish(10);
  planned({"--source", "snapshot"});  // leaves the server a replication id
  const auto older = save("older.rdb");
  finish(10);
  const auto newer = save("newer.rdb");
  const auto notes = [&](const std::string& file) { return planned({"--source", file}).at("notes").dump(); };
  const auto untold = AllOf(Not(HasSubstr("known to be")), Not(HasSubstr("has not got")));
  EXPECT_THAT(notes(older), untold);
  EXPECT_THAT(notes(newer), untold);
  std::filesystem::copy_file(older, kit.server.folder() + "/dump.rdb",
                             std::filesystem::copy_options::overwrite_existing);
  kit.server.restart();
  EXPECT_THAT(notes(older), untold);
  EXPECT_THAT(notes(newer), HasSubstr("writes that this server has not got"));
  EXPECT_EQ(applied().at("failed"), 0);
}

// A80 A87 A101: what real libraries leave behind is found in a file as it is on the server itself, but for
// what only idle times tell
TEST_F(PlanOfACopy, finds_what_a_look_at_the_server_finds) {
  redis_cli(kit.server,
            {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});  // writes idle times into its files
  for (const std::string library : {"bullmq6", "bull4"}) {
    const bool bullmq = library == "bullmq6";
    redis_cli(kit.server, {"FLUSHALL"});
    produce({bullmq ? "bullmq.mjs" : "bull.mjs", "--library", library, "--parts", "debris"},
            kit.server.url());
    redis_cli(kit.server,
              {"EVAL",
               "for _, key in ipairs(redis.call('KEYS', '*')) do if redis.call('TYPE', key).ok == 'hash' "
               "and redis.call('HEXISTS', key, 'timestamp') == 1 then for _, field in ipairs({'timestamp', "
               "'processedOn', 'finishedOn'}) do if redis.call('HEXISTS', key, field) == 1 then "
               "redis.call('HSET', key, field, 1700000000000) end end end end",
               "0"});
    age_keys(kit.server);
    planned({"--source", "scan"});
    const auto rules = {"bull-orphans", "bull-orphans-blocking", "bull-deduplication", "bull-danglers"};
    std::map<std::string, std::set<std::string>> seen;
    for (const auto* rule : rules) seen[rule] = proposed(rule);
    const auto legacy = proposed("bull-legacy");
    age_keys(kit.server);  // our own look has touched some
    planned({"--source", save()});
    for (const auto* rule : rules) EXPECT_EQ(proposed(rule), seen[rule]) << library << " " << rule;
    EXPECT_FALSE(seen["bull-orphans"].empty());
    EXPECT_EQ(legacy.empty(), !bullmq);
    EXPECT_THAT(proposed("bull-legacy"), IsEmpty()) << "only its idle time tells that nobody uses it";
    const auto work = live_work(kit.server, {"bull:mail"});
    EXPECT_EQ(applied().at("changed"), 0);
    EXPECT_THAT(lost(work, live_work(kit.server, {"bull:mail"})), IsEmpty());
  }
}

// A197 A199: results of real Celery workers: as old as they were when the file was written, which is not old
// enough; TTLs are given by the clock of the server
TEST_F(PlanOfACopy, of_results_has_the_ages_of_its_moment) {
  const auto server = loaded_server("celery_mixed");
  const auto plan_of = [&](const std::string& source) {
    const auto made = kit.run_command({"plan", server->url(), "--output", "x.hrplan", "--rule", "celery-*",
                                       "--source", source, "--format", "json"});
    EXPECT_EQ(made.status, fine) << made.err;
  };
  plan_of("scan");
  const auto old_by_now = proposed("celery-results");
  EXPECT_FALSE(old_by_now.empty());
  plan_of(HEADROOM_TREE "/tests/dumps/celery_mixed.rdb");
  EXPECT_THAT(proposed("celery-results"), IsEmpty());
  EXPECT_EQ(proposed("celery-result-ttl"), old_by_now);
  const auto done = kit.run_command({"apply", "x.hrplan", server->url(), "--format", "json"});
  EXPECT_EQ(json::parse(done.out).at("changed"), 0) << done.err;
  const auto ttl = std::stoi(redis_cli(*server, {"TTL", *old_by_now.begin()}));
  EXPECT_GT(ttl, 3000);
  EXPECT_LT(ttl, 9000);
}

// A22: who waits for a result is connected to the server, not to the copy
TEST_F(PlanOfACopy, asks_the_server_who_waits_for_a_result) {
  const auto name = [](int n) {
    return "celery-task-meta-00000000-0000-4000-8000-00000000000" + std::to_string(n);
  };
  for (const int n : {1, 2, 3})
    redis_cli(
        kit.server,
        {"SET", name(n), R"({"status": "SUCCESS", "result": 1, "date_done": "2024-01-01T00:00:00+00:00"})"});
  const auto file = save();
  RunningProgram waiting(
      {"sh", "-c",
       "redis-cli -s " + kit.server.socket_path() + " SUBSCRIBE " + name(2) + " & read x; kill $!"});
  EXPECT_EQ(waiting.line(), "subscribe");
  const auto made = kit.plan({"--source", file, "--rule", "celery-*"});
  EXPECT_THAT(proposed("celery-results"), testing::ElementsAre(name(1), name(3)));
  EXPECT_THAT(json::parse(made.out).at("left_alone").dump(), HasSubstr("waits for it"));
}

// F02 F05: from half a file everything that is missing would look gone
TEST_F(PlanOfACopy, is_not_made_of_a_damaged_file) {
  finish(20);
  const auto file = save();
  const auto whole = std::filesystem::file_size(file);
  const auto refused_with = [&](const std::string& says, int status) {
    const auto made = kit.plan({"--source", file});
    EXPECT_EQ(made.status, status) << made.err;
    EXPECT_THAT(made.err, HasSubstr(says));
    EXPECT_FALSE(std::filesystem::exists(kit.path("x.hrplan")));
  };
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(whole / 2));
    bytes.put('\x5a').put('\xa5');
  }
  refused_with("damaged", partial);
  std::filesystem::resize_file(file, whole / 2);
  refused_with("damaged", partial);
  std::ofstream(file, std::ios::trunc) << "no snapshot at all";
  refused_with("--source", usage);
  std::filesystem::remove(file);
  refused_with("--source", usage);
}

/// A snapshot of no key, of a version, by a server that used so much memory.
void write_empty(const std::string& path, const std::string& version, const std::string& used_memory) {
  std::ofstream file(path, std::ios::binary);
  file << "REDIS" << version << '\xfa' << '\x08' << "used-mem" << static_cast<char>(used_memory.size())
       << used_memory << '\xff' << std::string(8, '\0');
}

// PLAN-1: what the machine plainly cannot hold is not begun; what redis-server cannot load is said in its
// words
TEST_F(PlanOfACopy, needs_a_redis_server_here_that_can_load_it) {
  const auto file = kit.path("empty.rdb");
  write_empty(file, "0010", "99999999999999");
  const auto too_large = kit.plan({"--source", file});
  EXPECT_EQ(too_large.status, refused) << too_large.err;
  EXPECT_THAT(too_large.err, AllOf(HasSubstr("available"), HasSubstr("--force")));
  EXPECT_EQ(kit.plan({"--source", file, "--force"}).status, fine);
  write_empty(file, "0012", "1000000");
  const auto too_new = kit.plan({"--source", file});
  EXPECT_EQ(too_new.status, unreachable) << too_new.err;
  EXPECT_THAT(too_new.err, AllOf(HasSubstr("RDB format version 12"), HasSubstr(file)));
  const auto absent =
      run({"env", "PATH=/nowhere", HEADROOM_PROGRAM, "plan", kit.server.url(), "--source", save()},
          {"HEADROOM_STATE_DIR=" + kit.path("state")});
  EXPECT_EQ(absent.status, unreachable);
  EXPECT_THAT(absent.err, HasSubstr("redis-server is not installed"));
}

// PLAN-2: packed files and pipes are unpacked into a folder of ours; databases of any number are loaded
TEST_F(PlanOfACopy, can_be_of_a_packed_file) {
  RedisServer wide({"--databases", "100"});
  redis_cli(wide, {"SET", "cart:1", "x"}, 77);
  kit.policy("[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n[limits]\nshare = \"100%\"\n");
  const auto file = save(wide, "wide.rdb");
  ASSERT_EQ(run({"gzip", file}).status, fine);
  const auto made = kit.plan({"--source", file + ".gz"});
  EXPECT_EQ(made.status, fine) << made.err;
  EXPECT_THAT(proposed("carts"), testing::ElementsAre("cart:1"));
}

// TTL-1: deadlines are reckoned by the server's clock, ages by the file's; what asks who is alive is left
// alone
TEST_F(PlanOfACopy, knows_no_idle_times_and_nobody_who_is_connected) {
  kit.policy(
      "[[rule]]\nname = \"idle\"\npattern = \"cart:*\"\nidle = \"1m\"\n"
      "[[rule]]\nname = \"ttl\"\npattern = \"page:*\"\ntype = \"string\"\nremoval = \"ttl\"\nttl = "
      "\"1h\"\n[limits]\nshare = \"100%\"\n");
  finish(3);
  redis_cli(kit.server, {"SET", "cart:1", "x"});
  for (const char* page : {"page:1", "page:3", "page:4"}) redis_cli(kit.server, {"SET", page, "x"});
  const auto file = save();
  redis_cli(kit.server, {"SET", "page:1", "x", "EX", "7000"});
  redis_cli(kit.server, {"SET", "page:3", "written anew"});
  redis_cli(kit.server, {"SET", "page:2", "came later"});
  const auto plan = json::parse(kit.plan({"--source", file}).out);
  EXPECT_THAT(plan.at("left_alone").dump(), AllOf(HasSubstr("goes by idle time"), HasSubstr("who is alive")));
  EXPECT_THAT(proposed("idle"), IsEmpty());
  EXPECT_EQ(applied().at("changed"), 2) << "one has a TTL by now, one another value";
  EXPECT_EQ(redis_cli(kit.server, {"TTL", "page:3"}), "-1");
  EXPECT_NE(redis_cli(kit.server, {"TTL", "page:4"}), "-1");
  EXPECT_EQ(redis_cli(kit.server, {"TTL", "page:2"}), "-1");
}

/// Processes with this text in their command line.
std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(at->path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    if (line.find(text) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

/// A plan from a file whose server takes minutes to load it: a program in the PATH before redis-server sees
/// to that.
class SlowCopy {
 public:
  SlowCopy(const PlanKit& kit, const std::string& file) {
    const auto folder = kit.path("slow");
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/redis-server")
        << "#!/bin/sh\nPATH=${PATH#*:} exec redis-server \"$@\" --key-load-delay 1000000\n";
    std::filesystem::permissions(folder + "/redis-server", std::filesystem::perms::owner_all);
    const auto before = folders(kit);
    program_ = std::make_unique<RunningProgram>(std::vector<std::string>{
        "sh", "-c",
        "PATH=" + folder + ":$PATH HEADROOM_STATE_DIR=" + kit.path("state") + " " HEADROOM_PROGRAM " plan " +
            kit.server.url() + " --source " + file + " --output " + kit.path("slow.hrplan") +
            " >/dev/null 2>&1 & echo $!; read x; kill $! 2>/dev/null; wait $!"});
    pid_ = std::stoi(program_->line());
    for (int tries = 0; tries < 2'000 && server_ < 0; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      for (const auto& one : folders(kit))
        if (!before.contains(one)) folder_ = one;
      if (folder_.empty() || !std::filesystem::exists(folder_ + "/redis.log")) continue;
      if (const auto found = processes_with(folder_ + "/redis.sock"); !found.empty()) server_ = found[0];
    }
  }
  static std::set<std::string> folders(const PlanKit& kit) {
    std::set<std::string> found;
    for (const auto& one : std::filesystem::directory_iterator(kit.path("tmp"))) found.insert(one.path());
    return found;
  }
  const std::string& folder() const { return folder_; }
  pid_t server() const { return server_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// Both it and its server.
  bool is_gone() const {
    for (int tries = 0; tries < 1'000; ++tries) {
      if (processes_with(folder_).empty()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

 private:
  std::unique_ptr<RunningProgram> program_{};
  pid_t pid_ = -1, server_ = -1;
  std::string folder_{};
};

// SIGKILL: the server of a copy ends with its run, and the next run removes the files; never those in use,
// nor what only looks like them
TEST_F(PlanOfACopy, that_was_killed_leaves_no_server_and_no_files) {
  finish(3);
  const auto file = save();
  const SlowCopy in_use(kit, file);
  ASSERT_GT(in_use.server(), 0);
  const std::vector<std::string> others{"headroom-copy-notes1", "headroom-demo-AbCd12",
                                        "headroom-copy-longer12"};
  for (const auto& name : others) std::filesystem::create_directory(kit.path("tmp/" + name));
  {
    const SlowCopy killed(kit, file);
    ASSERT_GT(killed.server(), 0);
    ASSERT_NE(killed.folder(), in_use.folder());
    killed.kill();
    EXPECT_TRUE(killed.is_gone()) << "its server " << killed.server() << " lives on";
    EXPECT_TRUE(std::filesystem::exists(killed.folder() + "/redis.log")) << "or nothing is shown here";
    planned({"--source", file});
    EXPECT_FALSE(std::filesystem::exists(killed.folder()));
  }
  EXPECT_TRUE(std::filesystem::exists(in_use.folder() + "/redis.log"));
  EXPECT_THAT(processes_with(in_use.folder() + "/redis.sock"), Contains(in_use.server()));
  in_use.kill();
  EXPECT_TRUE(in_use.is_gone());
  planned({"--source", file});
  EXPECT_FALSE(std::filesystem::exists(in_use.folder()));
  for (const auto& name : others) EXPECT_TRUE(std::filesystem::remove(kit.path("tmp/" + name))) << name;
}

/// Two keys of each type that a file can be shown to be right about, one of each that it cannot.
void fill_types(const RedisServer& server) {
  for (const std::string n : {"1", "2"}) {
    redis_cli(server, {"SET", "x-text:" + n, "value"});
    redis_cli(server, {"SET", "x-again:" + n, "value"});
    redis_cli(server, {"SET", "x-ttl:" + n, "value", "EX", "7000"});
    redis_cli(server, {"HSET", "x-hash:" + n, "a", "1", "b", "2"});
    redis_cli(server, {"HSET", "x-field:" + n, "a", "1", "b", "2"});
    redis_cli(server, {"SADD", "x-set:" + n, "a", "b"});
    redis_cli(server, {"ZADD", "x-zset:" + n, "1.5", "a", "-inf", "b"});
    redis_cli(server, {"SET", "x-type:" + n, "value"});
  }
  redis_cli(server, {"RPUSH", "x-list:1", "a"});
  redis_cli(server, {"EVAL", "for i = 1, 129 do redis.call('SADD', 'x-large:1', i) end", "0"});
}

/// Writes the second of each anew.
void write_types_anew(const RedisServer& server) {
  redis_cli(server, {"SET", "x-text:2", "other"});
  redis_cli(server, {"SET", "x-again:2", "value", "EX", "7000"});
  redis_cli(server, {"EXPIRE", "x-ttl:2", "8000"});
  redis_cli(server, {"HSET", "x-hash:2", "c", "3"});
  redis_cli(server, {"HSET", "x-field:2", "b", "3"});
  redis_cli(server, {"SREM", "x-set:2", "a"});
  redis_cli(server, {"SADD", "x-set:2", "c"});
  redis_cli(server, {"ZADD", "x-zset:2", "1.25", "a"});
  redis_cli(server, {"DEL", "x-type:2"});
  redis_cli(server, {"RPUSH", "x-type:2", "value"});
}

// APPLY-2 F42: a rule by pattern takes from a file only what still has the value of the file
TEST_F(PlanOfACopy, takes_by_pattern_what_has_the_same_value) {
  redis_cli(kit.server, {"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
  for (const std::string removal : {"journal", "quarantine"}) {
    redis_cli(kit.server, {"FLUSHALL"});
    kit.policy("[[rule]]\nname = \"x\"\npattern = \"x-*\"\nremoval = \"" + removal +
               "\"\n[limits]\nshare = \"100%\"\n");
    fill_types(kit.server);
    const auto file = save();
    write_types_anew(kit.server);
    const auto before = kit.digest();
    const auto plan = json::parse(kit.plan({"--source", file, "--rule", "x"}).out);
    EXPECT_EQ(proposed("x").size(), 16U);
    EXPECT_THAT(plan.at("left_alone").dump(),
                AllOf(HasSubstr("x-list:1"), HasSubstr("x-large:1"), HasSubstr("when the file was written")));
    const auto report = applied();
    EXPECT_EQ(report.at("removed"), 8) << report.dump(1);
    EXPECT_EQ(report.at("changed"), 8);
    for (const auto* name : {"text", "again", "ttl", "hash", "field", "set", "zset", "type"}) {
      const auto key = std::string("x-") + name;
      EXPECT_EQ(redis_cli(kit.server, {"EXISTS", key + ":1"}), "0") << key;
      EXPECT_EQ(redis_cli(kit.server, {"EXISTS", key + ":2"}), "1") << key;
    }
    ASSERT_EQ(kit.run_command({"undo", report.at("run").get<std::string>()}).status, fine);
    EXPECT_EQ(kit.digest(), before);
    ASSERT_EQ(kit.plan({"--source", "snapshot", "--rule", "x"}).status, fine);
    EXPECT_THAT(proposed("x"), AllOf(Contains("x-list:1"), Contains("x-large:1"))) << "as of now";
  }
}

// PLAN-2: `clean` takes the same sources
TEST_F(PlanOfACopy, is_cleaned_in_one_go) {
  finish(20);
  const auto file = save();
  const auto cleaned =
      kit.run_command({"clean", kit.server.url(), "--source", file, "--yes", "--format", "json"});
  EXPECT_EQ(cleaned.status, fine) << cleaned.err;
  EXPECT_EQ(redis_cli(kit.server, {"ZCARD", "bull:mail:completed"}), "5");
}

}  // namespace
}  // namespace headroom::test
