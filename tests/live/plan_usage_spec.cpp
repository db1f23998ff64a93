#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace headroom::test
