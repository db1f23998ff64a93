#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "act/undo.h"
#include "apply_kit.h"
#include "plan_kit.h"

namespace headroom::act {
namespace {

/// Every key with the digest of its value and its deadline.
std::vector<std::string> state_of(const test::Talk& ask) {
  std::vector<std::string> all;
  for (const auto& key : ask({"KEYS", "*"}).items)
    all.push_back(key.text + " " + ask({"DEBUG", "DIGEST-VALUE", key.text}).items.at(0).text + " " +
                  std::to_string(ask({"PEXPIRETIME", key.text}).integer));
  std::sort(all.begin(), all.end());
  return all;
}

Step step_of(std::vector<std::string> keys, std::vector<Change> changes) {
  Step step;
  step.keys = std::move(keys);
  step.changes = std::move(changes);
  return step;
}

void fill(const test::Talk& ask) {
  ask({"SET", "string", hostile()});
  ask({"SET", "old", "v", "PXAT", "4102444800123"});
  ask({"HSET", "job", "name", "send", "data", hostile()});
  ask({"RPUSH", "job:logs", "1", "2"});
  ask({"ZADD", "completed", "1.5", "job", "2", "other"});
  ask({"SADD", "set", "a", "b"});
  ask({"HSET", "hash", "f", "v", "g", "w"});
  ask({"RPUSH", "list", "a", "b", "c", "d"});
  for (int i = 1; i <= 300; ++i) ask({"XADD", "events", std::to_string(i) + "-0", "f", std::to_string(i)});
  ask({"SET", "aside", "v"});
  ask({"SET", "short", "v"});
}

std::vector<Step> steps() {
  using enum ChangeKind;
  return {
      step_of({"string"}, {{.kind = remove}}),
      step_of({"job", "completed", "job:logs", "job:lock"}, {{.kind = remove, .key = 0},
                                                             {.kind = zset_remove, .key = 1, .member = "job"},
                                                             {.kind = remove_if_there, .key = 2},
                                                             {.kind = remove_if_there, .key = 3}}),
      step_of({"set"}, {{.kind = set_remove, .member = "a"}}),
      step_of({"hash"}, {{.kind = hash_remove, .member = "f"}}),
      step_of({"list"}, {{.kind = list_remove, .member = "c"}}),
      step_of({"events"}, {{.kind = stream_trim, .number = 10, .limit = 10'000}}),
      step_of({"aside"}, {{.kind = quarantine}}),
      step_of({"short"}, {{.kind = expire_at, .number = 4'000'000'000'000}}),
      step_of({"old"}, {{.kind = persist}}),
  };
}

// UNDO-1 UNDO-3: what the executor journals is what undo needs: every kind of change, and the server is as it
// was, with values digest-equal and deadlines to the millisecond.
TEST(ApplyUndo, the_server_is_as_it_was) {
  test::RedisServer server({"--enable-debug-command", "yes"});
  const test::Talk ask(server);
  fill(ask);
  const auto before = state_of(ask);
  test::Applying applying(server);
  const auto applied = applying.run(steps());
  ASSERT_EQ(applied.removed, steps().size()) << testing::PrintToString(applied.notes);
  ASSERT_EQ(ask({"XLEN", "events"}).integer, 10);
  ASSERT_NE(state_of(ask), before);

  const auto folder = applying.folder.path() + "/run1";
  auto journal = open_undo_journal(applying.target.server, applying.plan.id, folder, "secret");
  ASSERT_TRUE(journal);
  const auto undone = undo(applying.target, folder, "secret", *journal, applying.pace, {});
  ASSERT_TRUE(undone) << undone.error().what;
  EXPECT_TRUE(undone->complete) << undone->stopped_by;
  EXPECT_EQ(undone->removed, steps().size()) << testing::PrintToString(undone->notes);
  EXPECT_EQ(state_of(ask), before);
}

}  // namespace
}  // namespace headroom::act
