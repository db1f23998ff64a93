#include "wire/reactions.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace headroom::wire {
namespace {

using enum Reaction;

struct Known {
  std::string text;  ///< as the server sends it: safety.md 2.9 and src/server.c, script.c, cluster.c, acl.c
                     ///< of Redis 7.0
  Reaction reaction;
};

const Known known[] = {
    {"LOADING Redis is loading the dataset in memory", wait_and_retry},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", rediscover},
    {"READONLY You can't write against a read only replica.", rediscover},
    {"OOM command not allowed when used memory > 'maxmemory'.", stop},
    {"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
     pause},
    {"NOREPLICAS Not enough good replicas to write.", pause},
    {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
     wait_and_retry},
    {"UNKILLABLE Sorry the script already executed write commands against the dataset.", wait_and_retry},
    {"CLUSTERDOWN The cluster is down", pause},
    {"MOVED 3999 127.0.0.1:6381", rediscover},
    {"ASK 3999 127.0.0.1:6381", resend},
    {"TRYAGAIN Multiple keys request during rehashing of slot", wait_and_retry},
    {"CROSSSLOT Keys in request don't hash to the same slot", fatal},
    {"NOPERM this user has no permissions to run the 'flushall' command", fatal},
    {"ERR ACL failure in script: User default has no permissions to run the 'unlink' command", fatal},
    {"ERR ACL failure in script: No permissions to access a key", skip_key},
    {"NOPERM User default has no permissions to run the 'get' command", fatal},
    {"NOPERM this user has no permissions to access one of the keys used as arguments", skip_key},
    {"NOPERM No permissions to access a key", skip_key},
    {"ERR The user executing the script can't run this command or subcommand", fatal},
    {"ERR The user executing the script can't access at least one of the keys mentioned in the command",
     skip_key},
    {"NOAUTH Authentication required.", fatal},
    {"WRONGPASS invalid username-password pair or user is disabled.", fatal},
    {"ERR invalid password", fatal},
    {"ERR AUTH <password> called without any password configured for the default user.", fatal},
    {"ERR Client sent AUTH, but no password is set", fatal},
    {"ERR max number of clients reached", wait_and_retry},
    {"NOSCRIPT No matching script. Please use EVAL.", resend},
    {"EXECABORT Transaction discarded because of previous errors.", resend},
    {"ERR EXEC without MULTI", resend},
    {"BUSYKEY Target key name already exists.", skip_key},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", skip_key},
    {"ERR no such key", skip_key},
    {"ERR Protocol error: invalid bulk length", skip_key},
    {"ERR unknown command 'CONFIG', with args beginning with: 'GET' 'x' ", feature_missing},
    {"ERR unknown command `CONFIG`, with args beginning with: `no such key`, ", feature_missing},
    {"ERR unknown subcommand 'SHARDS'. Try CLUSTER HELP.", feature_missing},
    {"ERR Unknown subcommand or wrong number of arguments for 'NO-EVICT'. Try CLIENT HELP.", feature_missing},
    {"ERR wrong number of arguments for 'expire' command", feature_missing},
    {"ERR DB index is out of range", fatal},
    {"NOPROTO unsupported protocol version", feature_missing},
    {"DENIED Redis is running in protected mode", fatal},
};

TEST(Reactions, APPLY_7_every_error_of_the_reference_has_its_reaction_and_says_why) {
  for (const auto& [text, reaction] : known) {
    EXPECT_EQ(reaction_to(text).reaction, reaction) << text;
    EXPECT_FALSE(reaction_to(text).why.empty()) << text;
  }
}

TEST(Reactions, no_row_of_the_table_is_without_a_case_here) {
  std::set<const ErrorReaction*> used;
  for (const auto& [text, reaction] : known) used.insert(&reaction_to(text));
  for (const auto& row : all_reactions())
    EXPECT_TRUE(used.contains(&row)) << row.prefix << " " << row.contains;
}

TEST(Reactions, look_at_the_first_word_because_scripts_add_words_behind) {
  EXPECT_EQ(
      reaction_to("READONLY You can't write against a read only replica. script: 1f2, on @user_script:1.")
          .reaction,
      rediscover);
  EXPECT_EQ(reaction_to("OOM").reaction, stop);
  EXPECT_EQ(reaction_to("MOVED\r\n").reaction, rediscover);
}

TEST(Reactions, an_error_nobody_knows_stops) {
  for (const std::string_view text :
       {"", " ", "NEWERROR something", "ERR something", "LOADINGS x", "loading x", "x LOADING"}) {
    EXPECT_EQ(reaction_to(text).reaction, stop) << text;
  }
}

}  // namespace
}  // namespace headroom::wire
