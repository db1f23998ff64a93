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

Step without_item(const std::string& item, int times = 1) {
  Step step = step_of({"list"}, {});
  for (; times > 0; --times) step.changes.push_back({.kind = ChangeKind::list_remove, .member = item});
  return step;
}

class EqualItems : public testing::Test {
 protected:
  void fill(const std::vector<std::string>& items) const {
    ask({"DEL", "list"});
    for (const auto& item : items) ask({"RPUSH", "list", item});
  }
  std::vector<std::string> list() const {
    std::vector<std::string> items;
    for (const auto& item : ask({"LRANGE", "list", "0", "-1"}).items) items.push_back(item.text);
    return items;
  }
  RunReport undone(test::Applying& applying) const {
    const auto folder = applying.folder.path() + "/run1";
    auto journal = open_undo_journal(applying.target.server, applying.plan.id, folder, "secret");
    auto report = undo(applying.target, folder, "secret", *journal, applying.pace, {});
    EXPECT_TRUE(report) << report.error().what;
    return *report;
  }
  test::RedisServer server{std::vector<std::string>{"--enable-debug-command", "yes"}};
  test::Talk ask{server};
};

// UNDO-1 UNDO-2: of equal items those that went come back to their places, in whatever batches they went
TEST_F(EqualItems, come_back_to_their_places) {
  const std::vector<std::string> items{"a", "x", "b", "x", "c", "x", "d", "b", "x", "e"};
  const std::vector<std::vector<Step>> all{
      {without_item("x")},
      {without_item("x"), without_item("x")},
      {without_item("x", 2), without_item("b")},
      {without_item("b"), without_item("x"), without_item("a"), without_item("x", 2), without_item("b")},
      {without_item("x", 4), without_item("e"), without_item("a")},
  };
  for (const std::size_t batch : {1U, 2U, 100U}) {
    for (const auto& steps : all) {
      fill(items);
      const auto before = state_of(ask);
      test::Applying applying(server);
      applying.pace.units = batch;
      const auto applied = applying.run(steps);
      ASSERT_EQ(applied.removed, steps.size()) << testing::PrintToString(applied.notes);
      ASSERT_LT(list().size(), items.size());
      const auto report = undone(applying);
      EXPECT_EQ(report.removed, steps.size()) << testing::PrintToString(report.notes);
      EXPECT_TRUE(report.notes.empty()) << testing::PrintToString(report.notes);
      EXPECT_EQ(list(), items) << steps.size() << " steps, by " << batch;
      EXPECT_EQ(state_of(ask), before);
      EXPECT_EQ(undone(applying).removed, 0U) << "and once";
    }
  }
}

// UNDO-2: where the list went on, an item comes back near its place, which is said; one that somebody put in
// again does not
TEST_F(EqualItems, come_back_near_their_places_in_a_list_that_went_on) {
  fill({"a", "x", "b", "x", "y"});
  test::Applying applying(server);
  ASSERT_EQ(applying.run({without_item("x"), without_item("y")}).removed, 2U);
  ask({"LPUSH", "list", "new"});
  ask({"RPUSH", "list", "y"});
  const auto report = undone(applying);
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.changed, 1U);
  EXPECT_THAT(report.notes, testing::Contains(testing::HasSubstr("near its place")));
  EXPECT_EQ(list(), (std::vector<std::string>{"new", "x", "a", "b", "x", "y"}));
}

}  // namespace
}  // namespace headroom::act
