#include "wire/read_only_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "kit/redis_server.h"
#include "reply_text.h"
#include "wire/connection.h"

namespace headroom::wire {
namespace {

using headroom::test::RedisServer;
using test::in_words;
using testing::HasSubstr;
using testing::StartsWith;
using Words = std::vector<std::string_view>;

std::unique_ptr<Connection> connected(const RedisServer& server) {
  return std::move(Connection::open(parse_endpoint(server.url()).value(), "test").value());
}

Words split(std::string_view name) {
  const auto bar = name.find('|');
  if (bar == std::string_view::npos) return {name};
  return {name.substr(0, bar), name.substr(bar + 1)};
}

// Marked admin or dangerous by Redis because they tell much or belong to operators; none of them changes
// anything.
const std::map<std::string_view, std::string_view> tell_much{
    {"ACL|DRYRUN", "tests a right and runs nothing"},
    {"ACL|GETUSER", "shows the rules of a user"},
    {"ACL|LIST", "shows the rules of users"},
    {"ACL|USERS", "shows the names of users"},
    {"CLIENT|LIST", "shows who is connected"},
    {"CLIENT|NO-EVICT", "concerns our own connection only"},
    {"CONFIG|GET", "shows settings"},
    {"INFO", "shows statistics"},
    {"LASTSAVE", "shows a time"},
    {"LATENCY|DOCTOR", "shows statistics"},
    {"LATENCY|HISTOGRAM", "shows statistics"},
    {"LATENCY|HISTORY", "shows statistics"},
    {"LATENCY|LATEST", "shows statistics"},
    {"MODULE|LIST", "shows what is loaded"},
    {"ROLE", "shows the state of replication"},
    {"SLOWLOG|GET", "shows slow commands"},
    {"SLOWLOG|LEN", "shows a count"},
};
const std::set<std::string_view> newer_than_7_0{"CLIENT|NO-TOUCH", "CLIENT|SETINFO"};

std::set<std::string> flags_of(const Reply& info) {
  std::set<std::string> flags;
  for (const Reply& flag : info.items.at(2).items) flags.insert(flag.text);
  for (const Reply& category : info.items.at(6).items) flags.insert(category.text);
  return flags;
}

TEST(ReadOnlyLink, PLAN_1_lists_only_commands_the_server_itself_calls_harmless) {
  const RedisServer server;
  const auto connection = connected(server);
  std::size_t known = 0;
  for (const auto name : harmless_commands()) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const auto reply = connection->call(Words{"COMMAND", "INFO", lower});
    ASSERT_TRUE(reply);
    const Reply& info = reply->items.at(0);
    if (info.items.empty()) {
      EXPECT_TRUE(newer_than_7_0.contains(name)) << name << " is not known to the server";
      continue;
    }
    ++known;
    const auto flags = flags_of(info);
    for (const auto* bad : {"write", "blocking", "@write", "@blocking", "may_replicate"})
      EXPECT_FALSE(flags.contains(bad)) << name << " is " << bad;
    const bool marked = flags.contains("admin") || flags.contains("@admin") || flags.contains("@dangerous");
    EXPECT_EQ(marked, tell_much.contains(name)) << name;
  }
  EXPECT_GT(known, 90U);
}

TEST(ReadOnlyLink, PLAN_1_refuses_every_command_that_writes_blocks_or_administers) {
  const RedisServer server;
  const auto connection = connected(server);
  for (const auto* category :
       {"write", "blocking", "admin", "dangerous", "scripting", "pubsub", "transaction"}) {
    const auto names = connection->call(Words{"COMMAND", "LIST", "FILTERBY", "ACLCAT", category});
    ASSERT_TRUE(names);
    ASSERT_FALSE(names->items.empty()) << category;
    for (const Reply& name : names->items) {
      std::string upper(name.text);
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](unsigned char c) { return std::toupper(c); });
      if (tell_much.contains(upper) || upper.starts_with("FUNCTION|") || upper.starts_with("PUBSUB|"))
        continue;
      EXPECT_FALSE(is_harmless(split(name.text))) << name.text << " is " << category;
    }
  }
}

TEST(ReadOnlyLink, knows_subcommands_apart_whatever_their_case) {
  const std::vector<Words> harmless{{"GET", "k"},
                                    {"get", "k"},
                                    {"CONFIG", "GET", "*"},
                                    {"config", "gEt", "*"},
                                    {"MEMORY", "USAGE", "k"},
                                    {"CLIENT", "SETNAME", "x"},
                                    {"CLIENT", "NO-TOUCH", "on"},
                                    {"COMMAND"},
                                    {"SELECT", "1"},
                                    {"HELLO", "3"},
                                    {"SCAN", "0"},
                                    {"FUNCTION", "STATS"}};
  const std::vector<Words> others{{"CONFIG", "SET", "a", "b"},
                                  {"CONFIG"},
                                  {"MEMORY", "PURGE"},
                                  {"MEMORY"},
                                  {"CLIENT", "KILL", "x"},
                                  {"SCRIPT", "LOAD", "x"},
                                  {"SCRIPT", "EXISTS", "x"},
                                  {"EVAL", "return 1", "0"},
                                  {"EVAL_RO", "return 1", "0"},
                                  {"COMMAND", "NOSUCH"},
                                  {"CONFIG|GET", "*"},
                                  {"GE"},
                                  {"GETT"},
                                  {"GET "},
                                  {""},
                                  {},
                                  {"DEBUG", "OBJECT", "k"},
                                  {"FUNCTION", "LOAD", "x"},
                                  {"NOSUCH"},
                                  {std::string_view("GET\0", 4)},
                                  {"CLIENT", "PAUSE", "1"}};
  for (const auto& command : harmless) EXPECT_TRUE(is_harmless(command)) << command[0];
  for (const auto& command : others)
    EXPECT_FALSE(is_harmless(command)) << (command.empty() ? "" : command[0]);
}

TEST(ReadOnlyLink, PLAN_1_sends_nothing_of_what_it_refuses) {
  const RedisServer server;
  const auto connection = connected(server);
  ReadOnlyLink link(*connection);
  EXPECT_EQ(in_words(link.call(Words{"SET", "k", "v"}).value()),
            "-READONLYLINK SET is not known to be harmless and was not sent");
  EXPECT_EQ(in_words(link.call(Words{"CONFIG", "SET", "maxmemory", "1"}).value()),
            "-READONLYLINK CONFIG SET is not known to be harmless and was not sent");
  EXPECT_EQ(link.call(Words{"SET", "k", "v"}).value().error_prefix(), "READONLYLINK");
  EXPECT_EQ(in_words(connection->call(Words{"DBSIZE"}).value()), "0");
  const auto stats = connection->call(Words{"INFO", "commandstats"}).value().text;
  EXPECT_EQ(stats.find("cmdstat_set:"), std::string::npos);
}

TEST(ReadOnlyLink, keeps_the_order_of_a_mixed_pipeline) {
  const RedisServer server;
  const auto connection = connected(server);
  ReadOnlyLink link(*connection);
  const std::vector<Words> commands{{"DEL", "a"}, {"ECHO", "1"}, {"ECHO", "2"}, {"SET", "a", "b"},
                                    {"FLUSHALL"}, {"ECHO", "3"}, {"DEL", "b"}};
  std::string answers;
  for (int round = 0; round < 2; ++round) {
    for (const auto& command : commands) link.queue(command);
    EXPECT_EQ(link.pending(), commands.size());
    ASSERT_TRUE(link.flush());
    while (link.pending() > 0) answers += in_words(link.read().value().get()).substr(0, 17) + ";";
  }
  const std::string once =
      "-READONLYLINK DEL;'1';'2';-READONLYLINK SET;-READONLYLINK FLU;'3';-READONLYLINK DEL;";
  EXPECT_EQ(answers, once + once);
}

TEST(ReadOnlyLink, makes_hostile_names_harmless_in_its_refusal) {
  const RedisServer server;
  const auto connection = connected(server);
  ReadOnlyLink link(*connection);
  const std::string said = link.call(Words{"\x1b[2J" + std::string(1000, 'x')}).value().text;
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_LT(said.size(), 200U);
}

}  // namespace
}  // namespace headroom::wire
