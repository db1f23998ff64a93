#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "live/plan_kit.h"

// What `plan`, `clean`, `apply`, `undo` and `sweep` say when they cannot do what was typed.
namespace headroom::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int fine = 0, usage = 2, unreachable = 3, partial = 4, refused = 5;

using Words = std::vector<std::string>;

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// F44: where nobody listens, a wrong value is still what is told
TEST(PlanUsage, wrong_values_are_refused_before_anything_connects) {
  PlanKit kit;
  const std::string nobody = "unix:///nowhere/redis.sock";
  const std::vector<Words> of_looking{
      {"--max-load", "101"},    {"--max-seconds", "-1"}, {"--max-seconds", "nan"}, {"--precision", "0"},
      {"--limit-keys", "many"}, {"--max-share", "0"},    {"--limit-keys", "-5"}};
  const std::vector<Words> of_pace{
      {"--duty", "0"}, {"--duty", "101"}, {"--run-time", "10ms"}, {"--run-time", "soon"}};
  const auto expect_usage = [&](const Words& words) {
    const auto finished = kit.run_command(words);
    EXPECT_EQ(finished.status, usage) << testing::PrintToString(words) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(words[words.size() - 2]));
  };
  for (const auto& value : of_looking)
    for (const auto command : {"plan", "clean"}) expect_usage(joined({command, nobody}, value));
  for (const auto& value : of_pace)
    for (const Words& command : {Words{"clean", nobody},
                                 {"apply", "x.hrplan", nobody},
                                 {"undo", "7", nobody},
                                 {"sweep", "7", nobody}})
      expect_usage(joined(command, value));
  expect_usage({"clean", nobody, "--yes", "--until", "120"});
  EXPECT_EQ(kit.run_command({"clean", nobody}).status, unreachable);
}

TEST(PlanUsage, until_of_a_server_without_maxmemory_is_refused_before_planning) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  const auto finished = kit.run_command({"clean", kit.server.url(), "--yes", "--until", "80"});
  EXPECT_EQ(finished.status, usage);
  EXPECT_THAT(finished.err, HasSubstr("this server has none"));
  EXPECT_EQ(finished.out, "") << "no plan was made";
  EXPECT_EQ(kit.keys(), 5);
}

/// Types a line that headroom printed, in the folder of the kit, with nothing but the line and what is given.
Finished type(const PlanKit& kit, const std::string& line, const Words& environment = {}) {
  const auto program = std::filesystem::path(HEADROOM_PROGRAM).parent_path().string();
  auto variables = joined({"PATH=" + program + ":" + std::getenv("PATH")}, environment);
  return run({"env", "-C", kit.path(""), "sh", "-c", line}, variables);
}

std::string remedy_of(const Finished& finished) {
  const auto error = json::parse(finished.err, nullptr, false);
  return error.is_object() ? error.at("remedy").get<std::string>() : finished.err;
}

void two_prefixes(PlanKit& kit, const std::string& file) {
  fill(kit.server, "cart", 50);
  fill(kit.server, "other", 50);
  std::filesystem::remove(kit.path("headroom.toml"));
  std::ofstream(kit.path(file)) << "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n"
                                   "[[rule]]\nname = \"more\"\npattern = \"other:*\"\n";
}

// PLAN-4 F44: what a refusal names does it, with target, rule, policy and state folder of the line that was
// typed
TEST(PlanUsage, the_line_that_a_refusal_names_can_be_typed) {
  PlanKit kit;
  two_prefixes(kit, "it's mine.toml");
  const auto over =
      kit.run_command({"clean", kit.server.url(), "--yes", "--only", "carts", "--policy", "it's mine.toml",
                       "--state", kit.path("another state"), "--format", "json", "--limit-keys", "7"});
  ASSERT_EQ(over.status, refused) << over.err;
  const auto done = type(kit, remedy_of(over));
  EXPECT_EQ(done.status, fine) << remedy_of(over) << done.err;
  EXPECT_EQ(json::parse(done.out).at("keys"), 50);
  EXPECT_EQ(kit.keys(), 50);
  // So does the way back that the report names.
  const auto notes = json::parse(done.out).at("notes");
  std::string line;
  for (const auto& note : notes)
    if (const auto text = note.get<std::string>(); text.find("can be undone") != std::string::npos)
      line = text.substr(text.find("headroom undo"));
  EXPECT_EQ(type(kit, line).status, fine) << line;
  EXPECT_EQ(kit.keys(), 100);
}

// SEC-1: the line works, and the password is not in it
TEST(PlanUsage, the_line_that_a_refusal_names_holds_no_password) {
  PlanKit kit;
  two_prefixes(kit, "policy.toml");
  redis_cli(kit.server, {"ACL", "SETUSER", "ann", "on", ">s3cret", "~*", "&*", "+@all"});
  for (const Words& login :
       {Words{"unix://ann:s3cret@" + kit.server.socket_path() + "?db=0"},
        Words{"unix://" + kit.server.socket_path() + "?user=ann&password=s3cret"},
        Words{"--user", "ann", "--pass", "s3cret", "--socket", kit.server.socket_path()}}) {
    const auto over = kit.run_command(
        joined(joined({"plan"}, login), {"--only", "carts", "--policy", "policy.toml", "--format", "json"}));
    ASSERT_EQ(over.status, refused) << over.err;
    const auto at = over.err.find('{');
    const auto line = json::parse(over.err.substr(at)).at("remedy").get<std::string>();
    EXPECT_EQ((over.out + over.err).find("s3cret"), std::string::npos);
    EXPECT_THAT(line, HasSubstr("REDISCLI_AUTH"));
    EXPECT_THAT(line, HasSubstr("--user ann"));
    EXPECT_EQ(type(kit, line, {"REDISCLI_AUTH=s3cret", "HEADROOM_STATE_DIR=" + kit.path("state")}).status,
              fine)
        << line;
  }
}

TEST(PlanUsage, the_line_that_a_refused_plan_names_makes_a_new_one) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  const Words state{"--state", kit.path("of ours")};
  ASSERT_EQ(kit.plan(state).status, fine);
  ASSERT_EQ(kit.apply(state).status, fine);
  const auto again = kit.apply(state);
  ASSERT_EQ(again.status, refused) << again.err;
  EXPECT_EQ(type(kit, remedy_of(again)).status, fine) << remedy_of(again);
}

// UNDO-6 F44: of an id that no run has, of a run in quarantine, and of one that was killed
TEST(PlanUsage, the_lines_that_refusals_about_runs_name_can_be_typed) {
  PlanKit kit;
  fill(kit.server, "cart", 5);
  const auto before = kit.digest();
  kit.policy(
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\nremoval = \"quarantine\"\n[limits]\nshare = "
      "\"100%\"\n");
  const Words state{"--state", kit.path("it's ours"), "--format", "json"};
  const auto undo = [&](const Words& words) {
    return kit.run_command(joined(joined({"undo"}, words), state));
  };
  const auto cleaned = kit.run_command(joined({"clean", kit.server.url(), "--yes"}, state));
  ASSERT_EQ(cleaned.status, fine) << cleaned.err;
  const auto run = json::parse(cleaned.out).at("run").get<std::string>();
  for (const Words& words : {Words{}, {"show"}, {"show", "zz"}, {"verify", "zz"}, {"forget", "zz"}, {"zz"}}) {
    const auto unknown = undo(words);
    ASSERT_EQ(unknown.status, usage) << testing::PrintToString(words) << unknown.err;
    const auto listed = type(kit, remedy_of(unknown));
    EXPECT_THAT(listed.out, HasSubstr(run.substr(0, 8))) << remedy_of(unknown) << listed.err;
  }
  const auto quarantined = undo({"forget", run});
  ASSERT_EQ(quarantined.status, refused) << quarantined.err;
  EXPECT_EQ(type(kit, remedy_of(quarantined)).status, fine) << remedy_of(quarantined);
  EXPECT_EQ(kit.digest(), before);

  // As a kill leaves it: a journal without a report.
  const auto second = kit.run_command(joined({"clean", kit.server.url(), "--yes"}, state));
  const auto killed = json::parse(second.out).at("run").get<std::string>();
  std::filesystem::remove(kit.path("it's ours/runs/" + killed + "/report.json"));
  const auto silent = undo({"show", killed});
  ASSERT_EQ(silent.status, partial) << silent.err;
  const auto line = remedy_of(silent);
  EXPECT_EQ(type(kit, line.substr(line.find("headroom apply"))).status, fine) << line;
  EXPECT_EQ(type(kit, line).status, fine) << line;
  EXPECT_EQ(kit.digest(), before);
}

TEST(PlanUsage, a_plan_that_is_not_there_is_named_with_what_to_type) {
  PlanKit kit;
  for (const Words& words : {Words{"apply", "no.hrplan"},
                             {"apply", "no.hrplan", "--dry-run"},
                             {"apply", "no/no.hrplan", kit.server.url()},
                             {"plan", "show", "no.hrplan"}}) {
    const auto finished = kit.run_command(words);
    EXPECT_EQ(finished.status, usage) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("there is no such plan"));
    EXPECT_THAT(finished.err, HasSubstr("headroom plan TARGET --output FILE"));
  }
}

/// With files that may not grow beyond so many bytes.
Finished in_room(const PlanKit& kit, int bytes, const Words& words) {
  return run(
      joined({"prlimit", "--fsize=" + std::to_string(bytes), "env", "-C", kit.path(""), HEADROOM_PROGRAM},
             words),
      {"HEADROOM_STATE_DIR=" + kit.path("state")});
}

/// Values that do not pack.
void fill_with_noise(const RedisServer& server, int count) {
  redis_cli(server, {"EVAL",
                     "for i = 1, tonumber(ARGV[1]) do local t = {} for j = 1, 300 do t[j] = string.char("
                     "math.random(33, 126)) end redis.call('SET', 'cart:' .. i, table.concat(t)) end",
                     "0", std::to_string(count)});
}

// F36: exit 4 wherever the disk is full, since nothing is wrong with what was typed
TEST(PlanUsage, a_disk_without_room_for_the_plan_changes_nothing) {
  PlanKit kit;
  fill(kit.server, "cart", 100);
  ASSERT_EQ(kit.run_command({"undo", "list"}).status, fine) << "the state folder is there";
  ASSERT_EQ(kit.plan().status, fine);
  for (const Words& words :
       {Words{"plan", kit.server.url(), "--output", "y.hrplan"}, {"clean", kit.server.url(), "--yes"}}) {
    const auto finished = in_room(kit, 100, words);
    EXPECT_EQ(finished.status, partial) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("make room"));
  }
  EXPECT_FALSE(std::filesystem::exists(kit.path("y.hrplan")));
  EXPECT_EQ(kit.keys(), 100);
}

// F36 APPLY-1: the run stops, says how to go on, and what it did comes back
TEST(PlanUsage, a_disk_without_room_for_the_journal_stops_the_run) {
  PlanKit kit;
  fill_with_noise(kit.server, 3000);
  const auto before = kit.digest();
  ASSERT_EQ(kit.plan({"--state", "of ours"}).status, fine);
  const auto stopped =
      in_room(kit, 400'000,
              {"apply", "x.hrplan", kit.server.url(), "--fast", "--format", "json", "--state", "of ours"});
  EXPECT_EQ(stopped.status, partial) << stopped.out << stopped.err;
  EXPECT_THAT(stopped.err + stopped.out, HasSubstr("File too large"));
  EXPECT_GT(kit.keys(), 0);
  EXPECT_LT(kit.keys(), 3000);
  const auto went_on = type(kit, remedy_of(stopped));
  EXPECT_EQ(went_on.status, fine) << remedy_of(stopped) << went_on.err;
  EXPECT_EQ(kit.keys(), 0);
  const auto runs =
      json::parse(kit.run_command({"undo", "list", "--state", "of ours", "--format", "json"}).out);
  const auto run = runs.at("runs").at(0).at("run").get<std::string>();
  EXPECT_EQ(kit.run_command({"undo", run, "--state", "of ours"}).status, fine);
  EXPECT_EQ(kit.digest(), before);
}

// F36 APPLY-8: done is done, and is said
TEST(PlanUsage, a_report_that_cannot_be_written_says_that_the_work_is_done) {
  PlanKit kit;
  fill(kit.server, "cart", 100);
  const auto done =
      kit.run_command({"clean", kit.server.url(), "--yes", "--format", "json", "--output", "/dev/full"});
  EXPECT_EQ(done.status, partial) << done.err;
  EXPECT_EQ(kit.keys(), 0);
  const auto error = json::parse(done.err);
  EXPECT_THAT(error.at("what").get<std::string>(), HasSubstr("is done (100 of 100 steps), but"));
  const auto shown = type(kit, error.at("remedy").get<std::string>() + " --format json",
                          {"HEADROOM_STATE_DIR=" + kit.path("state")});
  EXPECT_EQ(shown.status, fine) << error.dump() << shown.err;
  EXPECT_EQ(json::parse(shown.out).at("removed"), 100);
  const auto plan =
      kit.run_command({"plan", kit.server.url(), "--output", "x.hrplan", "--format", "nothing"});
  EXPECT_EQ(plan.status, usage);
}

// F36: a run whose report cannot lie beside its journal is not taken for one that failed
TEST(PlanUsage, a_report_that_cannot_be_kept_is_shown_and_undo_works) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  const auto before = kit.digest();
  const auto run = json::parse(kit.plan().out).at("run").get<std::string>();
  for (const auto* folder : {"", "/report.json"})
    ASSERT_TRUE(std::filesystem::create_directory(kit.path("state/runs/" + run + folder)));
  std::filesystem::permissions(kit.path("state/runs/" + run), std::filesystem::perms::owner_all);
  const auto applied = kit.apply();
  EXPECT_EQ(applied.status, partial) << applied.err;
  const auto report = json::parse(applied.out);
  EXPECT_EQ(report.at("removed"), 10);
  EXPECT_THAT(report.at("notes").dump(), HasSubstr("could not be kept beside its journal"));
  EXPECT_EQ(kit.keys(), 0);
  EXPECT_EQ(kit.run_command({"undo", run}).status, fine);
  EXPECT_EQ(kit.digest(), before);
}

TEST(PlanUsage, a_plan_is_made_although_its_report_cannot_be_printed) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  const auto made = run({"sh", "-c", "cd \"$1\" && \"$2\" plan \"$3\" --output x.hrplan > /dev/full", "sh",
                         kit.path(""), HEADROOM_PROGRAM, kit.server.url()},
                        {"HEADROOM_STATE_DIR=" + kit.path("state")});
  EXPECT_EQ(made.status, partial);
  EXPECT_THAT(made.err, HasSubstr("the plan is made (x.hrplan), but: cannot write the report"));
  EXPECT_EQ(kit.apply().status, fine);
}

// PLAN-6: what was left alone is told when the plan is applied at once, too
TEST(PlanUsage, clean_tells_programs_of_plan_and_run_in_one_document) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  redis_cli(kit.server, {"RPUSH", "cart:11", "a list"});
  const auto planned = json::parse(kit.plan().out);
  ASSERT_EQ(planned.at("left_alone").size(), 1U) << planned;
  const auto done =
      json::parse(kit.run_command({"clean", kit.server.url(), "--yes", "--format", "json"}).out);
  EXPECT_EQ(done.at("schema"), "headroom.run/1");
  EXPECT_EQ(done.at("removed"), 10);
  EXPECT_EQ(done.at("left_alone"), planned.at("left_alone"));
  EXPECT_EQ(done.at("facts").at("frees"), planned.at("facts").at("frees"));
  EXPECT_EQ(done.at("expiries"), planned.at("expiries"));
  EXPECT_THAT(done.at("notes").dump(), HasSubstr(planned.at("notes").at(0).get<std::string>().substr(0, 20)));
  fill(kit.server, "cart", 10);
  ASSERT_EQ(kit.run_command({"clean", kit.server.url(), "--yes", "--output", "report.txt"}).status, fine);
  std::ifstream file(kit.path("report.txt"));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, HasSubstr("Left alone"));
  EXPECT_THAT(text, HasSubstr("10 planned: 10 done"));
}

// PLAN-5 A47: of rules that nobody asked for nothing is said
TEST(PlanUsage, only_the_chosen_rules_tell_what_they_left_alone) {
  PlanKit kit;
  kit.policy(
      "[protect]\nnames = [\"cart:1\"]\n[limits]\nshare = \"100%\"\n"
      "[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n[[rule]]\nname = \"other\"\npattern = "
      "\"other:*\"\n");
  fill(kit.server, "cart", 10);
  fill(kit.server, "other", 10);
  redis_cli(kit.server, {"RPUSH", "cart:11", "x"});
  redis_cli(kit.server, {"RPUSH", "other:11", "x"});
  const auto rules_left = [&](const Words& more) {
    std::set<std::string> names;
    const auto plan = json::parse(kit.plan(more).out);
    for (const auto& row : plan.at("left_alone")) names.insert(row.at("rule"));
    return names;
  };
  EXPECT_EQ(rules_left({}), (std::set<std::string>{"carts", "other"}));
  EXPECT_EQ(rules_left({"--only", "carts"}), (std::set<std::string>{"carts"}));
  EXPECT_EQ(rules_left({"--only", "o*"}), (std::set<std::string>{"other"}));
  EXPECT_EQ(rules_left({"--only", "bull-*"}), (std::set<std::string>{}));
}

// PLAN-4: two rules that want the same keys do not make more keys of them
TEST(PlanUsage, a_phrase_names_as_many_keys_as_the_plan_has) {
  PlanKit kit;
  produce({"bullmq_finished.mjs", "--jobs", "20", "--bytes", "20"}, kit.server.url());
  kit.policy(
      "[bull]\ncompleted = { count = 0 }\nfailed = { count = 0 }\n[limits]\nshare = \"10%\"\n"
      "[[rule]]\nname = \"jobs\"\npattern = \"bull:mail:[0-9]*\"\nlive_family = \"bullmq\"\n");
  const auto over = kit.plan();
  ASSERT_EQ(over.status, refused) << over.err;
  const auto phrase = json::parse(over.out).at("phrase").get<std::string>();
  const auto made = type(kit, remedy_of(over), {"HEADROOM_STATE_DIR=" + kit.path("state")});
  ASSERT_EQ(made.status, fine) << remedy_of(over) << made.err;
  std::set<std::string> keys;
  std::istringstream lines(kit.run_command({"plan", "show", "x.hrplan", "--keys", "--format", "ndjson"}).out);
  for (std::string line; std::getline(lines, line);) {
    const auto step = json::parse(line);
    for (const auto& change : step.at("changes"))
      if (change.at("change").get<std::string>().starts_with("remove"))
        keys.insert(step.at("keys").at(change.at("key").get<std::size_t>()).at("key").get<std::string>());
  }
  EXPECT_EQ(keys.size(), 20U);
  EXPECT_THAT(phrase, testing::StartsWith("delete " + std::to_string(keys.size()) + " keys"));
  EXPECT_EQ(json::parse(kit.apply().out).at("keys"), keys.size());
}

TEST(PlanUsage, a_place_for_the_report_that_is_none_is_refused_before_the_work) {
  PlanKit kit;
  fill(kit.server, "cart", 10);
  for (const Words& more : {Words{"--output", "/nowhere/x.json"}, {"--format", "csv", "--table", "carts"}})
    EXPECT_EQ(kit.run_command(joined({"clean", kit.server.url(), "--yes"}, more)).status, usage);
  EXPECT_EQ(kit.keys(), 10);
}

/// As the user "nobody", who may write in no folder of ours.
Finished as_nobody(const PlanKit& kit, const Words& words) {
  return run(joined({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-C", kit.path(""),
                     HEADROOM_PROGRAM},
                    words),
             {"HEADROOM_STATE_DIR=" + kit.path("state")});
}

// SEC-2: each names the folder, and how to choose another
TEST(PlanUsage, a_state_folder_that_cannot_be_used_is_named) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  PlanKit kit;
  fill(kit.server, "cart", 10);
  redis_cli(kit.server, {"CONFIG", "SET", "unixsocketperm", "777"});
  std::filesystem::permissions(kit.server.socket_path(), std::filesystem::perms::all);
  std::filesystem::permissions(kit.server.folder(), std::filesystem::perms::all);
  const auto expect = [&](const Finished& finished, int exit, const std::string& folder,
                          const std::string& says) {
    EXPECT_EQ(finished.status, exit) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(says));
    EXPECT_THAT(finished.err, HasSubstr("where: " + folder + "\n"));
    EXPECT_THAT(finished.err, HasSubstr("--state DIR or HEADROOM_STATE_DIR"));
  };
  const Words clean{"clean", kit.server.url(), "--yes"};
  // There is none, and none can be made.
  expect(as_nobody(kit, clean), usage, kit.path("state"), "cannot make this folder: Permission denied");
  expect(as_nobody(kit, joined(clean, {"--state", "/proc/headroom"})), usage, "/proc/headroom",
         "cannot make");
  // It is somebody else's.
  ASSERT_EQ(kit.run_command({"plan", kit.server.url(), "--output", "x.hrplan"}).status, fine);
  expect(as_nobody(kit, clean), refused, kit.path("state"), "belongs to another user");
  // It is read-only: what is there can be looked at.
  run({"chown", "-R", "65534:65534", kit.path("state")});
  run({"chmod", "500", kit.path("state"), kit.path("state/runs")});
  for (const Words& words : {clean, {"undo", "7"}, {"sweep", "7"}, {"apply", "x.hrplan"}})
    expect(as_nobody(kit, words), usage, kit.path("state"), "cannot be written");
  EXPECT_EQ(as_nobody(kit, {"undo", "list"}).status, fine);
  EXPECT_EQ(kit.keys(), 10);
}

}  // namespace
}  // namespace headroom::test
