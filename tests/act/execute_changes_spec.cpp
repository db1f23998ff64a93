#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "act/quarantine.h"
#include "apply_kit.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::RedisServer;
using test::Talk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

struct Manner {
  const char* name;
  bool scripts, watch;
};
constexpr Manner manners[] = {{"watched", true, true}, {"compared", true, false}, {"plain", false, true}};

class ExecuteChanges : public testing::TestWithParam<Manner> {
 protected:
  RunReport apply(std::vector<Step> steps) {
    applying.options.scripts = GetParam().scripts;
    applying.options.watch = GetParam().watch;
    auto report = applying.run(std::move(steps));
    EXPECT_TRUE(report.complete) << report.stopped_by;
    return report;
  }
  const Before& before(std::size_t i = 0) { return applying.entries.steps.at(0).before.at(i); }

  RedisServer server{{"--enable-debug-command", "yes"}};
  Talk talk{server};
  Applying applying{server};
};
INSTANTIATE_TEST_SUITE_P(Manner, ExecuteChanges, testing::ValuesIn(manners),
                         [](const auto& one) { return std::string(one.param.name); });

Step changing(std::vector<std::string> keys, std::vector<Change> changes) {
  Step step;
  step.keys = std::move(keys);
  step.changes = std::move(changes);
  return step;
}

/// What RESTORE takes: the body with the footer of a DUMP. The CRC is left zero: it is not looked at then.
std::string payload(const KeyBefore& key) {
  std::string bytes = key.body;
  bytes.push_back(static_cast<char>(key.rdb_version & 255));
  bytes.push_back(static_cast<char>(key.rdb_version >> 8));
  return bytes + std::string(8, '\0');
}

// APPLY-5 F13: containers are taken out of the keyspace and freed beside the main thread, in every manner:
// UNLINK, never DEL or a deadline in the past
TEST_P(ExecuteChanges, containers_are_freed_beside_the_main_thread) {
  talk(
      {"EVAL",
       "for i = 1, 3000 do redis.call('HSET', 'hash', 'f' .. i, 'v') redis.call('ZADD', 'zset', i, 'm' .. i) "
       "redis.call('RPUSH', 'list', string.rep('x', 500)) redis.call('SADD', 'set', 'm' .. i) end",
       "0"});
  std::vector<Step> steps;
  for (const std::string key : {"hash", "zset", "list", "set"})
    steps.push_back(changing({key}, {{.kind = ChangeKind::remove}}));
  talk({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(apply(std::move(steps)).removed, 4U);
  std::string stats;
  for (int tries = 0; tries < 1'000 && stats.find("lazyfreed_objects:4\r") == stats.npos; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // freed in a thread of the server's
    stats = talk({"INFO", "all"}).text;
  }
  EXPECT_THAT(stats, HasSubstr("lazyfreed_objects:4\r"));
  for (const auto* command : {"del", "expire", "pexpire", "pexpireat", "rename", "restore", "flushdb"})
    EXPECT_THAT(stats, Not(HasSubstr("cmdstat_" + std::string(command) + ":"))) << command;
  EXPECT_THAT(stats, HasSubstr("cmdstat_unlink:"));
}

// UNDO-1: what is journaled of every type comes back as it was, read by GET, HGETALL or DUMP
TEST_P(ExecuteChanges, what_was_removed_can_be_restored_digest_equal) {
  talk({"DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1"});
  const std::string large(300, 'x'), binary("\0\r\n\xff\"", 5);
  std::vector<std::vector<std::string>> commands{{"SET", "number", "12345678901"},
                                                 {"SET", "short", "abc"},
                                                 {"SET", "empty", ""},
                                                 {"SET", "binary", binary},
                                                 {"SET", "long", std::string(70'000, 'y')},
                                                 {"HSET", "hash", "a", "1", binary, large, "", ""},
                                                 {"RPUSH", "list", "a", "b", large},
                                                 {"SADD", "ints", "1", "2"},
                                                 {"SADD", "set", "x", "y"},
                                                 {"ZADD", "zset", "1.5", "a", "-inf", "b"},
                                                 {"XADD", "stream", "1-1", "f", "v"},
                                                 {"SET", "later", "v", "PXAT", "4102444800123"}};
  for (int i = 0; i < 600; ++i) commands.push_back({"HSET", "table", "f" + std::to_string(i), large});
  for (const auto& command : commands) talk(command);
  std::vector<Step> steps;
  std::map<std::string, std::string> encoding;
  for (const auto& item : talk({"KEYS", "*"}).items) {
    encoding[item.text] = talk({"OBJECT", "ENCODING", item.text}).text;
    auto step = changing({item.text}, {{.kind = ChangeKind::remove}});
    step.checks = {{.kind = CheckKind::type_is, .text = talk({"TYPE", item.text}).text}};
    step.bytes = 100;
    steps.push_back(step);
  }
  const auto digest = talk({"DEBUG", "DIGEST"}).text;
  const auto report = apply(steps);
  EXPECT_EQ(report.removed, steps.size());
  EXPECT_EQ(talk({"DBSIZE"}).integer, 0);
  for (const auto& step : applying.entries.steps) {
    const auto& key = *step.before.at(0).removed;
    const auto ttl = std::to_string(std::max<std::int64_t>(0, key.expires_at));
    EXPECT_EQ(talk({"RESTORE", key.key, ttl, payload(key), "ABSTTL"}).text, "OK") << key.key;
    EXPECT_EQ(talk({"OBJECT", "ENCODING", key.key}).text, encoding[key.key]) << key.key;
  }
  EXPECT_EQ(talk({"DEBUG", "DIGEST"}).text, digest);
}

TEST_P(ExecuteChanges, members_go_and_are_journaled) {
  talk({"ZADD", "zset", "1.25", "m", "2", "other"});
  talk({"SADD", "set", "m", "other"});
  talk({"HSET", "hash", "m", "value", "other", "1"});
  talk({"RPUSH", "list", "other", "m", "m"});
  const auto report = apply({changing({"zset", "set", "hash", "list"},
                                      {{.kind = ChangeKind::zset_remove, .member = "m"},
                                       {.kind = ChangeKind::set_remove, .key = 1, .member = "m"},
                                       {.kind = ChangeKind::hash_remove, .key = 2, .member = "m"},
                                       {.kind = ChangeKind::list_remove, .key = 3, .member = "m"},
                                       {.kind = ChangeKind::set_remove, .key = 1, .member = "none"}})});
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.rules[0].keys, 0U) << "members are no keys";
  EXPECT_EQ(talk({"ZSCORE", "zset", "m"}).kind, wire::Reply::Kind::nil);
  EXPECT_EQ(talk({"SISMEMBER", "set", "m"}).integer, 0);
  EXPECT_EQ(talk({"HEXISTS", "hash", "m"}).integer, 0);
  EXPECT_EQ(talk({"LLEN", "list"}).integer, 2);
  ASSERT_THAT(applying.entries.steps.at(0).before, SizeIs(4));
  EXPECT_EQ(before(0).score, 1.25);
  EXPECT_EQ(before(2).value, "value");
  EXPECT_EQ(before(3).number, 1);
}

TEST_P(ExecuteChanges, a_step_that_finds_nothing_is_gone) {
  const auto report =
      apply({changing({"zset"}, {{.kind = ChangeKind::zset_remove, .member = "m"}}),
             changing({"none"}, {{.kind = ChangeKind::persist}}),
             changing({"none"}, {{.kind = ChangeKind::expire_at, .number = 4102444800000}}),
             changing({"none"}, {{.kind = ChangeKind::quarantine}}),
             changing({"none"}, {{.kind = ChangeKind::remove_if_there}}),
             changing({"stream"}, {{.kind = ChangeKind::stream_trim, .number = 1, .limit = 5}})});
  EXPECT_EQ(report.gone, 6U) << testing::PrintToString(report.notes);
}

// APPLY-8: the same key in two steps goes once and is counted once
TEST_P(ExecuteChanges, a_key_goes_only_once) {
  talk({"SET", "k", "v"});
  talk({"ZADD", "zset", "1", "m"});
  const Step member = changing({"zset"}, {{.kind = ChangeKind::zset_remove, .member = "m"}});
  const auto report = apply({test::remove_string("k"), member, test::remove_string("k"), member});
  EXPECT_EQ(report.removed, 2U);
  EXPECT_EQ(report.gone, 2U);
  EXPECT_EQ(report.rules[0].keys, 1U);
}

TEST_P(ExecuteChanges, parts_go_with_their_key_and_only_what_was_there_is_journaled) {
  talk({"HSET", "job", "name", "x"});
  talk({"RPUSH", "job:logs", "line"});
  talk({"SET", "de:mine", "7"});
  talk({"SET", "de:other", "8"});
  talk({"SADD", "de:set", "7"});
  const auto report = apply({changing({"job", "job:logs", "job:none", "de:mine", "de:other", "de:set"},
                                      {{.kind = ChangeKind::remove},
                                       {.kind = ChangeKind::remove_if_there, .key = 1},
                                       {.kind = ChangeKind::remove_if_there, .key = 2},
                                       {.kind = ChangeKind::remove_if_value_is, .key = 3, .text = "7"},
                                       {.kind = ChangeKind::remove_if_value_is, .key = 4, .text = "7"},
                                       {.kind = ChangeKind::remove_if_value_is, .key = 5, .text = "7"}})});
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.rules[0].keys, 3U);
  EXPECT_EQ(talk({"EXISTS", "job", "job:logs", "de:mine"}).integer, 0);
  EXPECT_EQ(talk({"EXISTS", "de:other", "de:set"}).integer, 2);
  ASSERT_THAT(applying.entries.steps.at(0).before, SizeIs(3));
  EXPECT_EQ(before(1).removed->key, "job:logs");
  EXPECT_EQ(before(2).removed->key, "de:mine");
}

// TTL-1: a deadline is set only where there is none, and what there was is known
TEST_P(ExecuteChanges, deadlines_are_set_and_taken_away) {
  for (const auto* key : {"a", "c"}) talk({"SET", key, "v"});
  for (const auto* key : {"b", "d"}) talk({"SET", key, "v", "PXAT", "4102444800123"});
  const auto ttl = [](const char* key, bool check) {
    auto step = changing({key}, {{.kind = ChangeKind::expire_at, .number = 4102444900000}});
    if (check) step.checks = {{.kind = CheckKind::no_ttl}};
    return step;
  };
  const auto report = apply({ttl("a", true), ttl("b", true), ttl("c", false),
                             changing({"d"}, {{.kind = ChangeKind::persist}}), ttl("none", true)});
  EXPECT_EQ(report.removed, 3U);
  EXPECT_EQ(report.changed, 1U);
  EXPECT_EQ(report.gone, 1U);
  EXPECT_EQ(report.rules[0].keys, 3U);
  EXPECT_EQ(report.bytes_freed.count, 0U);
  EXPECT_EQ(talk({"PEXPIRETIME", "a"}).integer, 4102444900000);
  EXPECT_EQ(talk({"PEXPIRETIME", "b"}).integer, 4102444800123);
  EXPECT_EQ(talk({"PEXPIRETIME", "d"}).integer, -1);
  for (const auto& step : applying.entries.steps) {
    const auto expected = step.keys[0] == "d" ? 4102444800123 : -1;
    if (step.keys[0] == "d" || step.keys[0] == "a") {
      EXPECT_EQ(step.before.at(0).number, expected);
    }
  }
}

TEST_P(ExecuteChanges, a_quarantined_key_has_its_new_name_and_never_takes_a_taken_one) {
  const auto name = quarantine_name(applying.plan.id, "k{tag}");
  talk({"SET", "k{tag}", "v"});
  talk({"SET", "busy", "v"});
  talk({"SET", quarantine_name(applying.plan.id, "busy"), "taken"});
  talk({"SET", "}odd", "v"});
  const auto report = apply({changing({"k{tag}"}, {{.kind = ChangeKind::quarantine}}),
                             changing({"busy"}, {{.kind = ChangeKind::quarantine}}),
                             changing({"}odd"}, {{.kind = ChangeKind::quarantine}})});
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.failed, 2U);
  EXPECT_THAT(report.notes, SizeIs(2));
  EXPECT_EQ(talk({"GET", name}).text, "v");
  EXPECT_EQ(talk({"EXISTS", "busy", "}odd"}).integer, 2);
  EXPECT_EQ(before().value, name);
}

TEST_P(ExecuteChanges, a_stream_is_trimmed_in_steps_and_every_entry_is_journaled) {
  for (int i = 1; i <= 25; ++i) talk({"XADD", "s", std::to_string(i) + "-1", "field", std::to_string(i)});
  std::vector<Step> steps(4, changing({"s"}, {{.kind = ChangeKind::stream_trim, .number = 5, .limit = 8}}));
  const auto report = apply(steps);
  EXPECT_EQ(report.removed, 3U);
  EXPECT_EQ(report.gone, 1U);
  EXPECT_EQ(talk({"XLEN", "s"}).integer, 5);
  std::vector<std::string> ids;
  for (const auto& step : applying.entries.steps) {
    for (const auto& [id, fields] : step.before.at(0).entries) {
      ids.push_back(id);
      EXPECT_THAT(fields, ElementsAre("field", id.substr(0, id.find('-'))));
    }
  }
  ASSERT_EQ(ids.size(), 20U);
  EXPECT_EQ(ids.front(), "1-1");
  EXPECT_EQ(ids.back(), "20-1");
}

TEST_P(ExecuteChanges, a_message_is_put_back_once) {
  talk({"HSET", "unacked", "tag", "[message]"});
  talk({"ZADD", "unacked_index", "12", "tag"});
  auto step = changing({"unacked", "unacked_index", "queue"},
                       {{.kind = ChangeKind::hash_remove, .member = "tag"},
                        {.kind = ChangeKind::zset_remove, .key = 1, .member = "tag"},
                        {.kind = ChangeKind::list_push, .key = 2, .text = "message"}});
  step.checks = {{.kind = CheckKind::member, .text = "tag"}};
  EXPECT_EQ(apply({step}).removed, 1U);
  EXPECT_EQ(apply({step}).gone, 1U);
  EXPECT_EQ(talk({"LRANGE", "queue", "0", "-1"}).items.size(), 1U);
}

// APPLY-9 F08: names are bytes with a length, whatever they look like
TEST_P(ExecuteChanges, hostile_names_are_only_bytes) {
  const std::vector<std::string> names{"celery-task-meta-a user:42",
                                       "line\nbreak",
                                       "cr\r\nDEL other\r\n",
                                       "\"quoted\"",
                                       std::string("nul\0nul", 7),
                                       std::string(65'536, 'n'),
                                       "{",
                                       "}",
                                       "\xff\xfe"};
  std::vector<Step> steps;
  for (const auto& name : names) {
    talk({"SET", name, "v"});
    steps.push_back(test::remove_string(name));
  }
  talk({"SET", "user:42", "mine"});
  talk({"SET", "other", "mine"});
  EXPECT_EQ(apply(steps).removed, names.size());
  EXPECT_EQ(talk({"DBSIZE"}).integer, 2);
}

// UNDO-4 F13: a value above the limit is not dumped, and stays
TEST_P(ExecuteChanges, what_is_too_large_for_the_journal_stays) {
  talk({"SET", "large", std::string(300'000, 'x')});
  applying.options.largest_dump = 200'000;
  auto step = changing({"large"}, {{.kind = ChangeKind::remove}});
  const auto report = apply({step});
  EXPECT_EQ(report.failed, 1U);
  EXPECT_THAT(report.notes, SizeIs(1));
  EXPECT_EQ(talk({"EXISTS", "large"}).integer, 1);
}

// UNDO-1: the idle time is read before anything touches the key
TEST_P(ExecuteChanges, the_idle_time_is_that_of_before) {
  talk({"SET", "k", "v"});
  const auto dump = talk({"DUMP", "k"}).text;
  talk({"RESTORE", "k", "0", dump, "REPLACE", "IDLETIME", "1000"});
  auto step = test::remove_string("k");
  step.checks.push_back({.kind = CheckKind::idle_at_least, .number = 990});
  EXPECT_EQ(apply({step}).removed, 1U);
  EXPECT_GE(before().removed->idle_seconds, 1000);
}

TEST_P(ExecuteChanges, databases_are_those_of_the_steps) {
  talk({"SET", "k", "zero"});
  talk({"SELECT", "3"});
  talk({"SET", "k", "three"});
  talk({"SET", "other", "three"});
  auto third = test::remove_string("k");
  third.db = 3;
  auto first = test::remove_string("other");
  EXPECT_EQ(apply({first, third}).removed, 1U);
  EXPECT_EQ(talk({"EXISTS", "k"}).integer, 0);
  EXPECT_EQ(talk({"EXISTS", "other"}).integer, 1);
  talk({"SELECT", "0"});
  EXPECT_EQ(talk({"EXISTS", "k"}).integer, 1);
}

}  // namespace
}  // namespace headroom::act
