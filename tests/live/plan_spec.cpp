#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <set>
#include <sstream>
#include <thread>

#include "kit/used_memory.h"
#include "live/plan_kit.h"

// `headroom plan`, `apply`, `clean`, `undo` on a real server, as a user runs them.
namespace headroom::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int fine = 0, usage = 2, refused = 5;

/// Refused: nothing printed for programs, one clear sentence, nothing changed.
void expect_refusal(const PlanKit& kit, const Finished& finished, const std::string& says) {
  EXPECT_EQ(finished.status, refused) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(says));
  EXPECT_FALSE(json::parse(finished.err).at("remedy").get<std::string>().empty()) << finished.err;
  EXPECT_EQ(redis_cli(kit.server, {"EXISTS", "cart:1"}), "1");
}

// PLAN-1 PLAN-3: a plan, clean without --yes and a dry run send no command that writes
TEST(Plan, changes_nothing_before_apply) {
  PlanKit kit;
  fill(kit.server, "cart", 50);
  redis_cli(kit.server, {"CONFIG", "RESETSTAT"});
  EXPECT_EQ(kit.plan().status, fine);
  EXPECT_EQ(kit.run_command({"clean", kit.server.url()}).status, fine);
  const auto dry = kit.apply({"--dry-run"});
  EXPECT_EQ(dry.status, fine) << dry.err;
  EXPECT_EQ(json::parse(dry.out).at("removed"), 50);
  EXPECT_THAT(kit.writes(), IsEmpty());
  EXPECT_EQ(kit.keys(), 50);
}

// PLAN-3 F08 F42: exact keys, whatever their bytes; what changed since the plan is left alone
TEST(Plan, lists_exact_keys_and_apply_takes_no_others) {
  PlanKit kit;
  const std::string hostile = "cart:a user:42\n\x1b[2J\"'\\";
  redis_cli(kit.server, {"SET", hostile, "x"});
  redis_cli(kit.server, {"SET", "cart:plain", "x"});
  redis_cli(kit.server, {"SET", "cart:changes", "x"});
  redis_cli(kit.server, {"SET", "user:42", "keep"});
  ASSERT_EQ(kit.plan().status, fine);
  const auto listed = kit.run_command({"plan", "show", "x.hrplan", "--keys", "--format", "ndjson"});
  EXPECT_EQ(listed.status, fine) << listed.err;
  std::set<std::string> names;
  std::istringstream lines(listed.out);
  for (std::string line; std::getline(lines, line);)
    names.insert(json::parse(line).at("keys").at(0).at("key").get<std::string>());
  EXPECT_EQ(names, (std::set<std::string>{hostile, "cart:plain", "cart:changes"}));
  redis_cli(kit.server, {"DEL", "cart:changes"});
  redis_cli(kit.server, {"RPUSH", "cart:changes", "another type"});
  redis_cli(kit.server, {"SET", "cart:new", "after the plan"});
  const auto applied = kit.apply();
  EXPECT_EQ(applied.status, fine) << applied.err;
  const auto report = json::parse(applied.out);
  EXPECT_EQ(report.at("removed"), 2);
  EXPECT_EQ(report.at("changed"), 1);
  EXPECT_EQ(redis_cli(kit.server, {"EXISTS", "user:42", "cart:new", "cart:changes"}), "3");
  EXPECT_EQ(redis_cli(kit.server, {"EXISTS", hostile, "cart:plain"}), "0");
}

// A47 A103 APPLY-8 UNDO-1: counts add up, and undo gives back the same digest
TEST(Plan, apply_reports_exact_counts_and_undo_gives_all_back) {
  PlanKit kit;
  fill(kit.server, "cart", 500);
  redis_cli(kit.server, {"HSET", "cart:hash", "a", "1"});
  redis_cli(kit.server, {"EXPIRE", "cart:7", "100000"});
  const auto before = kit.digest();
  ASSERT_EQ(kit.plan().status, fine);
  const auto report = json::parse(kit.apply().out);
  const auto count = [&](const char* name) { return report.at(name).get<int>(); };
  EXPECT_EQ(count("planned"), 501);
  EXPECT_EQ(count("planned"),
            count("removed") + count("changed") + count("gone") + count("failed") + count("unknown"));
  EXPECT_EQ(count("keys"), 501);
  EXPECT_EQ(report.at("before").at("keys"), 501);
  EXPECT_EQ(report.at("after").at("keys"), 0) << "a run leaves nothing of its own behind";
  EXPECT_EQ(kit.keys(), 0);
  const auto run = report.at("run").get<std::string>();
  EXPECT_THAT(report.at("notes").dump(), HasSubstr("headroom undo " + run.substr(0, 8)));  // UNDO-6
  const auto undone = kit.run_command({"undo", run.substr(0, 8), kit.server.url()});
  EXPECT_EQ(undone.status, fine) << undone.err << undone.out;
  EXPECT_EQ(kit.digest(), before);
}

// PLAN-7 F41: a plan can be applied once
TEST(Plan, is_applied_once) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  EXPECT_EQ(kit.apply().status, fine);
  fill(kit.server, "cart", 5);
  expect_refusal(kit, kit.apply(), "was applied already");
}

// PLAN-2 F41: another process of the server
TEST(Plan, is_refused_after_a_restart) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  redis_cli(kit.server, {"SAVE"});
  kit.server.restart();
  expect_refusal(kit, kit.apply(), "not the server that the plan was made for");
}

// PLAN-2 F41: a clone with the same data
TEST(Plan, is_refused_on_a_clone) {
  PlanKit kit, other;
  fill(kit.server, "cart", 5);
  fill(other.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  expect_refusal(other, kit.run_command({"apply", "x.hrplan", other.server.url(), "--format", "json"}),
                 "not the server that the plan was made for");
}

// PLAN-2 F41: a bit of the file was changed, or it is of another state folder
TEST(Plan, is_refused_when_it_was_edited_or_is_foreign) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  expect_refusal(kit,
                 kit.run_command({"apply", "x.hrplan", kit.server.url(), "--format", "json"}, "other-state"),
                 "another");
  {
    std::fstream file(kit.path("x.hrplan"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.put('\x7f');
  }
  expect_refusal(kit, kit.apply(), "damaged");
}

// PLAN-2 F41: the rules are no longer those of the plan
TEST(Plan, is_refused_when_the_policy_has_changed) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  kit.policy("[limits]\nshare = \"100%\"\n");
  expect_refusal(kit, kit.apply(), "the policy has changed");
}

// PLAN-2 F41: another database
TEST(Plan, is_refused_for_another_database) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  expect_refusal(kit, kit.apply({"-n", "3"}), "changes database 0");
}

// PLAN-2 F41: a replica, for making a plan and for applying one
TEST(Plan, is_refused_on_a_replica) {
  PlanKit kit, master;
  fill(kit.server, "cart", 5);
  ASSERT_EQ(kit.plan().status, fine);
  redis_cli(kit.server, {"REPLICAOF", "127.0.0.1", "1"});  // nobody is there: the data stays
  expect_refusal(kit, kit.apply(), "plans are for masters");
  expect_refusal(kit, kit.plan({}, "y.hrplan"), "plans are made of masters");
}

// PLAN-4 F44: over a limit no plan is kept without the phrase, with host and count
TEST(Plan, over_its_limits_needs_the_phrase) {
  PlanKit kit;
  fill(kit.server, "cart", 100);
  fill(kit.server, "other", 100);
  kit.policy("[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n");
  const auto over = kit.plan();
  EXPECT_EQ(over.status, refused);
  EXPECT_THAT(over.err, HasSubstr("50 % of all 200 keys; share is 20 %"));
  EXPECT_THAT(over.err, HasSubstr("--max-share 51"));
  EXPECT_THAT(over.err, HasSubstr("delete 100 keys from " + kit.server.socket_path()));
  EXPECT_EQ(json::parse(over.out).at("over_limit"), true) << "the plan is shown all the same";
  EXPECT_FALSE(std::filesystem::exists(kit.path("x.hrplan")));
  const auto phrase = "delete 100 keys from " + kit.server.socket_path();
  EXPECT_EQ(kit.plan({"--max-share", "60"}).status, refused) << "without the phrase";
  EXPECT_EQ(kit.plan({"--phrase", phrase}).status, refused) << "without a higher limit";
  EXPECT_EQ(
      kit.plan({"--max-share", "60", "--phrase", "delete 99 keys from " + kit.server.socket_path()}).status,
      refused);
  EXPECT_EQ(kit.plan({"--max-share", "60", "--phrase", "delete 100 keys from elsewhere"}).status, refused);
  EXPECT_EQ(kit.plan({"--max-share", "60", "--phrase", phrase}).status, fine);
  EXPECT_EQ(kit.apply().status, fine);
  EXPECT_EQ(kit.keys(), 100);
}

// PLAN-4 F44: a rule that takes every key
TEST(Plan, that_takes_everything_needs_the_phrase) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  kit.policy("[[rule]]\nname = \"all\"\npattern = \"*\"\n[limits]\nshare = \"100%\"\n");
  const auto all = kit.plan();
  EXPECT_EQ(all.status, refused);
  EXPECT_THAT(all.err, HasSubstr("a rule takes every key"));
}

// PLAN-4: keys of all runs of a day
TEST(Plan, adds_up_the_runs_of_a_day) {
  PlanKit kit;
  const std::string policy =
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n[limits]\nshare = \"100%\"\nkeys_per_day = 8\n";
  kit.policy(policy);
  fill(kit.server, "cart", 5);
  EXPECT_EQ(kit.run_command({"clean", kit.server.url(), "--yes"}).status, fine);
  fill(kit.server, "cart", 5);
  const auto second = kit.plan();
  EXPECT_EQ(second.status, refused);
  EXPECT_THAT(second.err, HasSubstr("5 keys after 5 in the last 24 hours"));
}

// PLAN-5 F44: protected names stay, whoever proposes them
TEST(Plan, leaves_protected_names_alone) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  redis_cli(kit.server, {"SET", "cart:vip:1", "x"});
  kit.policy(
      "[protect]\nnames = [\"cart:vip:*\"]\n[[rule]]\nname = \"carts\"\npattern = "
      "\"cart:*\"\n[limits]\nshare = \"100%\"\n");
  ASSERT_EQ(kit.plan().status, fine);
  EXPECT_EQ(kit.apply().status, fine);
  EXPECT_EQ(kit.keys(), 1);
  EXPECT_EQ(redis_cli(kit.server, {"EXISTS", "cart:vip:1"}), "1");
}

// F44: nothing to do is no error
TEST(Plan, of_nothing_is_fine) {
  PlanKit kit;
  const auto made = kit.plan();
  EXPECT_EQ(made.status, fine);
  EXPECT_THAT(made.out, HasSubstr("Nothing to do."));
  EXPECT_EQ(kit.run_command({"clean", kit.server.url(), "--yes"}).status, fine);
  EXPECT_EQ(kit.apply().status, fine);
}

// PLAN-6: memory, journal, replication, time, TTLs, left alone, blocking keys
TEST(Plan, says_what_it_will_cost) {
  PlanKit kit;
  fill(kit.server, "cart", 1000);
  kit.policy(
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\nremoval = \"ttl\"\nttl = \"1h\"\n[limits]\nshare = "
      "\"100%\"\n");
  const auto plan = json::parse(kit.plan().out);
  const auto& facts = plan.at("facts");
  EXPECT_EQ(facts.at("needs"), 43 * 1000) << "43 bytes for each TTL (safety.md 2.5)";
  EXPECT_GT(facts.at("frees_later"), 50'000);
  EXPECT_EQ(facts.at("frees"), 0);
  EXPECT_GT(facts.at("replication"), 50'000);
  EXPECT_GT(facts.at("journal"), 0);
  EXPECT_LE(facts.at("most_expiries_per_second"), 7000);
  int expiries = 0;
  for (const auto& row : plan.at("expiries")) expiries += row.at("keys").get<int>();
  EXPECT_EQ(expiries, 1000);
  EXPECT_THAT(plan.at("notes").dump(), HasSubstr("RSS"));
}

// TTL-3: what TTLs do under the server's maxmemory-policy is said before
TEST(Plan, warns_of_ttls_under_an_evicting_policy) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  kit.policy(
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\nremoval = \"ttl\"\nttl = \"1h\"\n[limits]\nshare = "
      "\"100%\"\n");
  redis_cli(kit.server, {"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
  EXPECT_THAT(json::parse(kit.plan().out).at("notes").dump(), HasSubstr("may be evicted at once"));
  redis_cli(kit.server, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  EXPECT_THAT(json::parse(kit.plan().out).at("notes").dump(), HasSubstr("last to be evicted"));
}

/// A run at its slowest, begun and not waited for.
class SlowRun {
 public:
  explicit SlowRun(const PlanKit& kit) : kit_(kit) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    const auto state = kit.path("state"), file = kit.path("x.hrplan"), policy = kit.path("headroom.toml");
    const auto url = kit.server.url();
    ::setenv("HEADROOM_STATE_DIR", state.c_str(), 1);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1), ::dup2(nowhere, 2);
    ::execl(HEADROOM_PROGRAM, "headroom", "apply", file.c_str(), url.c_str(), "--policy", policy.c_str(),
            "--duty", "1%", nullptr);
    ::_exit(127);
  }
  /// Waits until it has removed some keys, then ends it.
  int end(int signal, int keys) {
    for (int tries = 0; tries < 400 && kit_.keys() == keys; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  const PlanKit& kit_;
  pid_t pid_ = -1;
};

// PLAN-7 F38 F48: a signal ends a run after its batch, kill -9 at once; the same plan goes on, and all counts
// add up
TEST(Plan, goes_on_after_a_signal_and_after_kill_9) {
  PlanKit kit;
  constexpr int all = 20'000;
  fill(kit.server, "cart", all);
  const auto before = kit.digest();
  const auto made = json::parse(kit.plan().out);
  EXPECT_EQ(SlowRun(kit).end(SIGTERM, all), 4) << "stopped early";
  const auto after_signal = kit.keys();
  EXPECT_GT(after_signal, 0);
  EXPECT_EQ(SlowRun(kit).end(SIGKILL, after_signal), 128 + SIGKILL);
  std::this_thread::sleep_for(std::chrono::seconds(16));  // the lease of the dead run ends
  const auto finished = kit.apply({"--fast"});
  EXPECT_EQ(finished.status, fine) << finished.err;
  const auto report = json::parse(finished.out);
  EXPECT_EQ(report.at("planned"), all);
  EXPECT_EQ(report.at("removed"), all) << report.dump(1);
  EXPECT_EQ(report.at("keys"), all);
  EXPECT_EQ(kit.keys(), 0);
  EXPECT_EQ(kit.run_command({"undo", made.at("run").get<std::string>(), kit.server.url(), "--fast"}).status,
            fine);
  EXPECT_EQ(kit.digest(), before);
}

// PLAN-5 F44: a rule of names that are a live queue's leaves the queue alone
TEST(Plan, excludes_live_queues_from_rules_of_names) {
  PlanKit kit;
  produce({"bullmq.mjs", "--library", "bullmq6"}, kit.server.url());
  const auto before = kit.digest();
  kit.policy("[[rule]]\nname = \"broad\"\npattern = \"bull:*\"\n[limits]\nshare = \"100%\"\n");
  const auto cleaned =
      kit.run_command({"clean", kit.server.url(), "--preset", "cache", "--yes", "--format", "json"});
  EXPECT_EQ(cleaned.status, fine) << cleaned.err;
  EXPECT_EQ(kit.digest(), before);
}

// A23 F24: at maxmemory bytes are freed with the commands that are allowed there, until the target is reached
TEST(Plan, emergency_frees_memory_at_maxmemory_until_its_target) {
  PlanKit kit;
  redis_cli(kit.server,
            {"EVAL", "for i = 1, 20000 do redis.call('SET', 'cart:' .. i, string.rep('x', 1000)) end", "0"});
  const auto used = used_memory(kit.server);
  redis_cli(kit.server, {"CONFIG", "SET", "maxmemory", std::to_string(used)});
  EXPECT_THAT(redis_cli(kit.server, {"SET", "more", "x"}), HasSubstr("OOM"));
  const auto cleaned = kit.run_command(
      {"clean", kit.server.url(), "--preset", "emergency", "--until", "70%", "--yes", "--format", "json"});
  EXPECT_EQ(cleaned.status, fine) << cleaned.err << cleaned.out;
  EXPECT_THAT(json::parse(cleaned.out).at("stopped_by").get<std::string>(), HasSubstr("below 70 %"));
  EXPECT_LT(static_cast<double>(used_memory(kit.server)), 0.75 * static_cast<double>(used));
  EXPECT_GT(static_cast<double>(used_memory(kit.server)), 0.55 * static_cast<double>(used))
      << "no more than needed";
}

// UNDO-6: list, show, verify, forget; the journal's limits are announced and kept
TEST(Plan, runs_can_be_listed_verified_and_forgotten) {
  PlanKit kit;
  fill(kit.server, "cart", 20);
  ASSERT_EQ(kit.run_command({"clean", kit.server.url(), "--yes"}).status, fine);
  const auto list = json::parse(kit.run_command({"undo", "list", "--format", "json"}).out);
  ASSERT_EQ(list.at("runs").size(), 1U) << list;
  const auto run = list.at("runs").at(0).at("run").get<std::string>();
  EXPECT_EQ(list.at("runs").at(0).at("keys"), 20);
  EXPECT_EQ(kit.run_command({"undo", "verify", run}).status, fine);
  EXPECT_THAT(kit.run_command({"undo", "show", run.substr(0, 6)}).out, HasSubstr("20 planned: 20 done"));
  EXPECT_EQ(kit.run_command({"undo", "forget", run}).status, fine);
  EXPECT_EQ(kit.run_command({"undo", "show", run}).status, usage);
}

// UNDO-6: what a run's report, its check, its preview and the list say, in words
TEST(Plan, undo_says_what_came_back_and_what_would) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  ASSERT_EQ(kit.run_command({"clean", kit.server.url(), "--yes"}).status, fine);
  const auto first = [&] {
    return json::parse(kit.run_command({"undo", "list", "--format", "json"}).out).at("runs").at(0);
  };
  const auto run = first().at("run").get<std::string>();
  EXPECT_EQ(first().at("undone"), "no");
  EXPECT_EQ(first().at("undone_at"), nullptr);

  const auto verified = kit.run_command({"undo", "verify", run});
  EXPECT_THAT(verified.out, HasSubstr("Damage:          none"));
  EXPECT_EQ(json::parse(kit.run_command({"undo", "verify", run, "--format", "json"}).out).at("damage"),
            nullptr);
  const auto shown = kit.run_command({"undo", "show", run});
  EXPECT_THAT(shown.out, HasSubstr("Server:   10 keys, ")) << "as it was kept";
  EXPECT_EQ(shown.out.find(" 0 B"), std::string::npos) << shown.out;
  EXPECT_EQ(shown.out.find("counted step by step"), shown.out.rfind("counted step by step")) << "said once";

  const auto dry = kit.run_command({"undo", run, "--dry-run", "--pattern", "cart:1*"});
  EXPECT_THAT(dry.out, HasSubstr("DRY RUN of the undo of " + run));
  EXPECT_THAT(dry.out, HasSubstr("2 planned: 2 would be put back"));
  EXPECT_THAT(dry.out, HasSubstr("Would bring back:"));
  EXPECT_EQ(dry.out.find("Freed"), std::string::npos) << dry.out;
  const auto read = json::parse(
      kit.run_command({"undo", run, "--dry-run", "--pattern", "cart:1*", "--format", "json"}).out);
  EXPECT_EQ(read.at("kind"), "dry-run");
  EXPECT_EQ(read.at("dry_run_of"), "undo");
  EXPECT_EQ(read.at("keys"), 2);
  EXPECT_EQ(read.at("after"), nullptr) << "nothing was done, so there is no server after it";

  ASSERT_EQ(kit.run_command({"undo", run, "--pattern", "cart:1*"}).status, fine);
  EXPECT_EQ(first().at("undone"), "partly");
  EXPECT_EQ(first().at("undone_steps"), 2);
  const auto told = kit.path("state/runs/" + run + "/undo.json");
  const auto said = [&] { return json::parse(std::ifstream(told)).at("undone_steps"); };
  EXPECT_EQ(said(), 2);
  ASSERT_EQ(kit.run_command({"undo", run}).status, fine);
  EXPECT_EQ(said(), 10);
  EXPECT_EQ(first().at("undone"), "wholly") << "by two undos";
  EXPECT_EQ(first().at("undone_steps"), 10);
  EXPECT_TRUE(first().at("undone_at").is_string());
  EXPECT_THAT(kit.run_command({"undo", "list"}).out, HasSubstr("wholly"));
  std::filesystem::remove(told);  // as a kill leaves it: by the journal
  EXPECT_EQ(first().at("undone_steps"), 10);
}

// UNDO-6: old journals go when the next run begins, which says so
TEST(Plan, journals_go_by_size_and_the_run_says_so) {
  PlanKit kit;
  fill(kit.server, "cart", 20);
  ASSERT_EQ(kit.run_command({"clean", kit.server.url(), "--yes"}).status, fine);
  fill(kit.server, "cart", 20);
  kit.policy(
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n[limits]\nshare = \"100%\"\n[journal]\nkeep_bytes = "
      "\"1KiB\"\n");
  const auto second = kit.run_command({"clean", kit.server.url(), "--yes", "--format", "json"});
  EXPECT_EQ(second.status, fine) << second.err;
  EXPECT_THAT(json::parse(second.out).at("notes").dump(), HasSubstr("can no longer be undone"));
  EXPECT_EQ(json::parse(kit.run_command({"undo", "list", "--format", "json"}).out).at("runs").size(), 1U);
}

// Quarantine: nothing is freed until the sweep; undo gives back; what is not swept is not forgotten
TEST(Plan, quarantine_is_kept_until_it_is_swept) {
  PlanKit kit;
  fill(kit.server, "cart", 20);
  const auto before = kit.digest();
  kit.policy(
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\nremoval = \"quarantine\"\n[limits]\nshare = "
      "\"100%\"\n");
  const auto clean = [&] {
    return json::parse(kit.run_command({"clean", kit.server.url(), "--yes", "--format", "json"}).out);
  };
  const auto first = clean().at("run").get<std::string>();
  EXPECT_EQ(kit.keys(), 20) << "under other names";
  EXPECT_EQ(kit.run_command({"undo", "forget", first}).status, refused);
  EXPECT_EQ(kit.run_command({"undo", first, kit.server.url()}).status, fine);
  EXPECT_EQ(kit.digest(), before);
  const auto second = clean().at("run").get<std::string>();
  const auto swept = kit.run_command({"sweep", second, kit.server.url()});
  EXPECT_EQ(swept.status, fine) << swept.err << swept.out;
  EXPECT_EQ(kit.keys(), 0);
  EXPECT_EQ(kit.run_command({"undo", "forget", second}).status, fine);
}

// Undo of a part: by rule and by pattern (UNDO-2)
TEST(Plan, undo_takes_back_a_part) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  const auto run = json::parse(kit.run_command({"clean", kit.server.url(), "--yes", "--format", "json"}).out)
                       .at("run")
                       .get<std::string>();
  EXPECT_EQ(kit.run_command({"undo", run, kit.server.url(), "--dry-run"}).status, fine);
  EXPECT_EQ(kit.keys(), 0);
  EXPECT_EQ(kit.run_command({"undo", run, kit.server.url(), "--pattern", "cart:1*"}).status, fine);
  EXPECT_EQ(kit.keys(), 2) << "cart:1 and cart:10";
  EXPECT_EQ(kit.run_command({"undo", run, kit.server.url(), "--rule", "other"}).status, fine);
  EXPECT_EQ(kit.keys(), 2);
  EXPECT_EQ(kit.run_command({"undo", run}).status, fine) << "the journal knows the server";
  EXPECT_EQ(kit.keys(), 10);
}

}  // namespace
}  // namespace headroom::test
