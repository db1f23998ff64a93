#include "act/preflight.h"

#include "pressure_kit.h"

namespace headroom::act {
namespace {

using test::connect;
using test::info;
using test::redis_cli;
using test::RedisServer;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Needs cleaning() {
  Needs needs;
  Step step;
  step.keys = {"bull:mail:1"};
  step.checks = {{CheckKind::fingerprint}, {CheckKind::no_member}, {CheckKind::idle_at_least}};
  step.changes = {{ChangeKind::remove}, {ChangeKind::zset_remove}, {ChangeKind::expire_at}};
  needs.add(step);
  return needs;
}

/// What cleaning() needs, by the reference of rights (safety.md 2.13) and of the commands themselves.
const std::vector<std::string> needed = {"+ping",
                                         "+info",
                                         "+time",
                                         "+select",
                                         "+type",
                                         "+exists",
                                         "+hmget",
                                         "+zscore",
                                         "+sismember",
                                         "+hexists",
                                         "+object|idletime",
                                         "+object|refcount",
                                         "+unlink",
                                         "+dump",
                                         "+get",
                                         "+mget",
                                         "+hgetall",
                                         "+pttl",
                                         "+pexpiretime",
                                         "+memory|usage",
                                         "+zrem",
                                         "+pexpireat",
                                         "+set",
                                         "+pexpire"};

void make_user(const RedisServer& server, const std::vector<std::string>& rules,
               const std::string& keys = "~bull:*", bool dry_run = true) {
  redis_cli(server, {"ACL", "SETUSER", "u", "reset"});
  std::vector<std::string> words{"ACL", "SETUSER", "u", "on", ">secret", "-@all", keys, "~headroom:*"};
  words.insert(words.end(), rules.begin(), rules.end());
  words.insert(words.end(),
               {"+acl|whoami", "+eval", "+evalsha", "+watch", "+unwatch", "+multi", "+exec", "+discard"});
  if (dry_run) words.push_back("+acl|dryrun");
  ASSERT_EQ(redis_cli(server, words), "OK");
}

Preflight look(const RedisServer& server, const Needs& needs = cleaning(), const std::string& user = "u") {
  auto found = look_around(*connect(server, user), "redis://here", needs);
  if (!found) throw std::runtime_error(found.error().what);
  return *found;
}

/// Calls of writing commands that the server has counted.
std::string writes(const RedisServer& server) {
  std::string all;
  for (const auto command : {"unlink", "zrem", "pexpireat", "set", "pexpire", "eval"})
    all += info(server, "cmdstat_" + std::string(command)) + " ";
  return all;
}

// CONN-4 F31: a user with exactly the rights that are listed is enough, and nothing is written by looking.
TEST(Preflight, user_with_the_rights_listed_is_enough) {
  const RedisServer server;
  for (const bool dry_run : {true, false}) {
    make_user(server, needed, "~bull:*", dry_run);
    const auto before = info(server, "rdb_changes_since_last_save");
    const auto found = look(server);
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.notes, IsEmpty());
    EXPECT_TRUE(found.scripts);
    EXPECT_TRUE(found.watch);
    EXPECT_EQ(found.rdb_version, 10);  // of 7.0
    EXPECT_EQ(found.replicas, 0);
    EXPECT_EQ(found.server.run_id, info(server, "run_id"));
    EXPECT_EQ(info(server, "rdb_changes_since_last_save"), before);
    EXPECT_EQ(redis_cli(server, {"DBSIZE"}), "0");
    EXPECT_EQ(writes(server), "      ");
  }
}

// CONN-4 F31: each grant missing in turn is named, with the line that gives it, which then is enough.
TEST(Preflight, names_each_grant_that_is_missing) {
  const RedisServer server;
  for (const bool dry_run : {true, false}) {
    for (const auto& missing : needed) {
      if (missing == "+info") continue;  // without it there is no looking at all, see below
      auto rules = needed;
      std::erase(rules, missing);
      make_user(server, rules, "~bull:*", dry_run);
      const auto found = look(server);
      EXPECT_THAT(found.problems, ElementsAre("the user lacks rights: " + missing));
      EXPECT_EQ(found.remedy, "ACL SETUSER u " + missing);
      redis_cli(server, {"ACL", "SETUSER", "u", missing});
      EXPECT_THAT(look(server).problems, IsEmpty()) << missing;
    }
  }
}

// CONN-4 F31: all that is missing is told at once: commands, keys, and ways.
TEST(Preflight, tells_all_problems_at_once) {
  const RedisServer server;
  for (const bool dry_run : {true, false}) {
    auto rules = needed;
    std::erase(rules, "+unlink");
    std::erase(rules, "+zrem");
    make_user(server, rules, "~other:*", dry_run);
    const auto found = preflight(*connect(server, "u"), "redis://here", cleaning());
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().what, AllOf(HasSubstr("+unlink"), HasSubstr("+zrem"), HasSubstr("~bull:*"),
                                          Not(HasSubstr("~headroom"))));
    EXPECT_EQ(found.error().remedy, "ACL SETUSER u +unlink +zrem ~bull:*");
    EXPECT_EQ(found.error().where, "redis://here");
  }
}

// CONN-4 F31: headroom's own names are needed for the lease and for the quarantine.
TEST(Preflight, names_its_own_keys_when_they_are_forbidden) {
  const RedisServer server;
  Needs needs;
  needs.add(ChangeKind::quarantine);
  needs.add_key("bull:mail:1");
  for (const auto rule : {"+acl|dryrun", "-acl|dryrun"}) {
    redis_cli(server, {"ACL", "SETUSER", "u", "reset"});
    redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "+@all", rule, "~bull:*"});
    const auto found = look(server, needs);
    EXPECT_THAT(found.problems, ElementsAre("the user lacks rights: ~headroom:*"));
    redis_cli(server, {"ACL", "SETUSER", "u", "~headroom:*"});
    EXPECT_THAT(look(server, needs).problems, IsEmpty());
  }
}

// CONN-4 F31: without scripts or without transactions there is the other way; without both there is none.
TEST(Preflight, finds_out_which_ways_are_open) {
  const RedisServer server;
  for (const bool dry_run : {true, false}) {
    make_user(server, needed, "~bull:*", dry_run);
    redis_cli(server, {"ACL", "SETUSER", "u", "-evalsha"});
    auto found = look(server);
    EXPECT_FALSE(found.scripts);
    EXPECT_TRUE(found.watch);
    EXPECT_THAT(found.problems, IsEmpty());
    make_user(server, needed, "~bull:*", dry_run);
    redis_cli(server, {"ACL", "SETUSER", "u", "-watch"});
    found = look(server);
    EXPECT_TRUE(found.scripts);
    EXPECT_FALSE(found.watch);
    EXPECT_THAT(found.problems, IsEmpty());
    redis_cli(server, {"ACL", "SETUSER", "u", "-eval"});
    found = look(server);
    EXPECT_THAT(found.problems, ElementsAre(HasSubstr("neither scripts nor transactions")));
    EXPECT_EQ(found.remedy, "ACL SETUSER u +eval +evalsha");
  }
}

// CONN-4 F24: at maxmemory transactions are refused, so scripts are the only way.
TEST(Preflight, at_maxmemory_scripts_are_needed) {
  const RedisServer server;
  make_user(server, needed);
  redis_cli(server, {"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(look(server).problems, IsEmpty());
  redis_cli(server, {"ACL", "SETUSER", "u", "-eval"});
  EXPECT_THAT(look(server).problems, ElementsAre(HasSubstr("at maxmemory transactions are refused")));
}

// CONN-4 F31: where neither DRYRUN nor MULTI is allowed, that is said.
TEST(Preflight, says_when_rights_cannot_be_looked_at) {
  const RedisServer server;
  make_user(server, needed, "~bull:*", false);
  redis_cli(server, {"ACL", "SETUSER", "u", "-multi"});
  const auto found = look(server);
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("cannot be looked at")));
  EXPECT_TRUE(found.scripts);
  EXPECT_FALSE(found.watch);
}

// CONN-4 F32: renamed and disabled commands are found by either way.
TEST(Preflight, finds_commands_that_were_renamed_or_disabled) {
  const RedisServer server({"--rename-command", "UNLINK", "", "--rename-command", "EVAL", "ev4l"});
  for (const auto rule : {"+acl|dryrun", "-acl|dryrun"}) {
    redis_cli(server, {"ACL", "SETUSER", "u", "reset"});
    redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "+@all", rule, "~*"});
    const auto found = look(server);
    EXPECT_THAT(found.problems, ElementsAre("the server does not know UNLINK: renamed, disabled or too old"));
    EXPECT_FALSE(found.scripts);
    EXPECT_TRUE(found.watch);
  }
}

// CONN-4 F30: a replica is refused, whatever else is wrong.
TEST(Preflight, refuses_a_replica) {
  const RedisServer server({"--replicaof", "127.0.0.1 1"});
  make_user(server, {"+ping", "+info"});
  const auto found = preflight(*connect(server, "u"), "redis://here", cleaning());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::refused);
  EXPECT_THAT(found.error().what, AllOf(HasSubstr("is a replica"), HasSubstr("+unlink")));
}

// CONN-4 HA-3: a node of a cluster is refused: keys of several slots would be in one batch.
TEST(Preflight, refuses_a_node_of_a_cluster) {
  const RedisServer server(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(headroom::test::free_port())});
  make_user(server, needed);
  EXPECT_THAT(look(server).problems, Contains(HasSubstr("a node of a cluster")));
  const auto found = preflight(*connect(server, "u"), "redis://here", cleaning());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::refused);
}

// CONN-4 CONN-5 F25: a server that cannot write to its disk takes no changes.
TEST(Preflight, tells_misconf) {
  const RedisServer server({"--save", "3600 1", "--enable-protected-configs", "yes"});
  make_user(server, needed);
  redis_cli(server, {"CONFIG", "SET", "dir", "/proc"});
  redis_cli(server, {"SET", "a", "1"});
  redis_cli(server, {"BGSAVE"});
  ASSERT_TRUE(test::becomes([&] { return info(server, "rdb_last_bgsave_status") == "err"; }));
  EXPECT_THAT(look(server).problems, ElementsAre(HasSubstr("MISCONF")));
  redis_cli(server, {"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
  const auto found = look(server);
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes, Contains(HasSubstr("trouble with its disk")));
}

// CONN-4 F31: a user that may begin a transaction and not end it: no way of working, and no trap for us.
TEST(Preflight, is_not_caught_in_a_transaction) {
  const RedisServer server;
  for (const auto missing : {"-discard", "-exec"}) {
    make_user(server, needed, "~bull:*", false);
    redis_cli(server, {"ACL", "SETUSER", "u", missing});
    const auto link = connect(server, "u");
    const auto found = look_around(*link, "redis://here", cleaning());
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->scripts);
    EXPECT_FALSE(found->watch);
    EXPECT_THAT(found->problems, IsEmpty());
    const std::string_view ping = "PING";
    EXPECT_EQ(link->call({&ping, 1})->text, "PONG");
  }
  redis_cli(server, {"ACL", "SETUSER", "u", "-discard"});
  EXPECT_FALSE(look(server).watch);
}

// UNDO-2 F31: undo needs other rights.
TEST(Preflight, undo_has_its_own_list) {
  const RedisServer server;
  Needs needs(Needs::Purpose::undo);
  needs.add(ChangeKind::remove);
  needs.add_key("bull:mail:1");
  make_user(server, needed);
  EXPECT_THAT(look(server, needs).problems, ElementsAre("the user lacks rights: +restore"));
  redis_cli(server, {"ACL", "SETUSER", "u", "+restore", "-eval"});
  EXPECT_THAT(look(server, needs).problems, ElementsAre(HasSubstr("undo needs them")));
}

// CONN-4: every command is tried in a form that the server takes, for every kind of check and change.
TEST(Preflight, asks_for_all_kinds_in_forms_that_the_server_knows) {
  const RedisServer server;
  for (const auto purpose : {Needs::Purpose::apply, Needs::Purpose::undo})
    for (const auto rule : {"+acl|dryrun", "-acl|dryrun"}) {
      redis_cli(server, {"ACL", "SETUSER", "u", "on", ">secret", "~*", "+@all", rule});
      Needs needs(purpose);
      for (int kind = 0; kind <= static_cast<int>(CheckKind::fingerprint); ++kind)
        needs.add(static_cast<CheckKind>(kind));
      for (int kind = 0; kind <= static_cast<int>(ChangeKind::stream_trim); ++kind)
        needs.add(static_cast<ChangeKind>(kind));
      needs.add_key("bull:mail:1");
      needs.add_key("celery-task-meta-1");
      const auto found = look(server, needs);
      EXPECT_THAT(found.problems, IsEmpty());
      EXPECT_TRUE(found.scripts);
      EXPECT_TRUE(found.watch);
      EXPECT_EQ(redis_cli(server, {"DBSIZE"}), "0");
    }
}

TEST(Needs, names_patterns_by_how_keys_begin) {
  EXPECT_EQ(key_rule("bull:mail:17"), "~bull:*");
  EXPECT_EQ(key_rule("celery-task-meta-8a1e1c3e-0d1c-4b59-9a1f-2d5c3c6f7a10"), "~celery-task-meta-*");
  EXPECT_EQ(key_rule("unacked_index"), "~unacked_index");
  EXPECT_EQ(key_rule(":x"), "~:x");
}

TEST(Needs, knows_the_rdb_version_of_servers) {
  EXPECT_EQ(rdb_version_of("5.0.14"), 9);
  EXPECT_EQ(rdb_version_of("6.2.16"), 9);
  EXPECT_EQ(rdb_version_of("7.0.15"), 10);
  EXPECT_EQ(rdb_version_of("7.2.4"), 11);
  EXPECT_EQ(rdb_version_of("7.4.1"), 12);
}

}  // namespace
}  // namespace headroom::act
