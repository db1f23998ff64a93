#include "plan/celery/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "recorded_steps.h"

namespace headroom::plan::celery {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::milliseconds;
using test::RecordedSteps;
using testing::ElementsAre;

constexpr milliseconds now = 1'795'788'000'000ms;  // 2026-11-27T14:00:00Z
constexpr std::string_view id = "celery-task-meta-059d37b0-3e25-4ecd-b7f6-6b88b3807ba9";

StoredResult stored(std::string_view value, std::optional<std::chrono::seconds> idle = {}) {
  return {0, id, value, false, idle, Bytes{314}};
}
std::string json(std::string_view status, std::string_view date) {
  return R"({"status": ")" + std::string(status) +
         R"(", "result": {"date_done": "1999-01-01T00:00:00", "status": "x"}, )"
         R"("traceback": null, "children": [], "date_done": )" +
         std::string(date) + R"(, "task_id": "059d"})";
}
Fate fate(std::string_view value, std::optional<std::chrono::seconds> idle = {}) {
  return judge(stored(value, idle), now, 2h).fate;
}

// A22 A199: removed by age, not by name
TEST(CeleryResults, are_removed_when_their_task_ended_long_ago) {
  EXPECT_EQ(fate(json("SUCCESS", R"("2026-11-27T11:59:59.123456")")), Fate::remove);
  EXPECT_EQ(fate(json("FAILURE", R"("2026-11-27T11:59:59+00:00")")), Fate::remove);
  EXPECT_EQ(fate(json("REVOKED", R"("2026-11-27T14:59:59+03:00")")), Fate::remove);
}

// A197: younger ones get a TTL
TEST(CeleryResults, get_a_ttl_when_their_task_ended_of_late) {
  EXPECT_EQ(fate(json("SUCCESS", R"("2026-11-27T12:00:01")")), Fate::expire);
  EXPECT_EQ(fate(json("FAILURE", R"("2026-11-27T09:00:00-04:00")")), Fate::expire);
  EXPECT_EQ(fate(json("SUCCESS", R"("2026-11-28T12:00:01")")), Fate::expire)
      << "a clock ahead of the server's";
}

// A22: running tasks keep what is written of them
TEST(CeleryResults, of_tasks_that_have_not_ended_are_left_alone) {
  for (const auto* state : {"PENDING", "STARTED", "RETRY", "PROGRESS", "RECEIVED", "my own"})
    EXPECT_EQ(fate(json(state, "null"), 240h), Fate::leave) << state;
}

TEST(CeleryResults, without_a_date_are_as_old_as_they_are_idle_at_least) {
  constexpr std::string_view undated = R"({"status": "SUCCESS", "result": 1})";
  EXPECT_EQ(fate(undated, 2h), Fate::remove);
  EXPECT_EQ(fate(undated, 2h - 1s), Fate::expire);
  EXPECT_EQ(fate(undated), Fate::expire) << "LFU: no idle time";
}

TEST(CeleryResults, in_yaml_and_pickle_have_their_date_too) {
  EXPECT_EQ(fate("children: []\ndate_done: '2026-11-27T10:00:00.5'\nresult: 3\nstatus: SUCCESS\n"),
            Fate::remove);
  // What Python writes: pickle.dumps({"status": "SUCCESS", ...}, protocol=2).
  const auto pickle =
      "\x80\x02}q\x00("
      "X\x06\x00\x00\x00statusq\x01X\x07\x00\x00\x00SUCCESSq\x02X\x06\x00\x00\x00resultq\x03K\x03X\x09\x00"
      "\x00\x00tracebackq\x04NX\x08\x00\x00\x00"
      "childrenq\x05]q\x06X\x09\x00\x00\x00"
      "date_doneq\x07X\x1a\x00\x00\x00"
      "2026-11-27T10:00:00.123456q\x08X\x07\x00\x00\x00task_idq\x09X\x01\x00\x00\x00xq\x0au."s;
  EXPECT_EQ(fate(pickle), Fate::remove);
  EXPECT_EQ(fate("date_done: null\nresult: {pid: 1}\nstatus: STARTED\n", 240h), Fate::leave);
  EXPECT_EQ(fate("date_done: null\nresult: {date_done: '2026-11-27T10:00:00', s: SUCCESS}\nstatus: MINE\n"),
            Fate::leave)
      << "two dates: which is the task's is not known";
}

TEST(CeleryResults, that_are_none_are_left_alone) {
  for (const auto* value : {"", "42", "{}", R"({"result": 1})", "\x80\x04garbage", R"(["SUCCESS"])"})
    EXPECT_EQ(fate(value, 240h), Fate::leave) << value;
}

TEST(CeleryResults, too_large_to_read_get_a_ttl_when_nobody_used_them) {
  auto large = stored("", 3h);
  large.too_large = true;
  EXPECT_EQ(judge(large, now, 2h).fate, Fate::expire);
  large.idle = 1h;
  EXPECT_EQ(judge(large, now, 2h).fate, Fate::leave);
}

class CeleryResultSteps : public testing::Test {
 protected:
  RecordedSteps steps;
  CeleryPolicy policy;
  ExpirySpread spread{7000, now, std::array<Estimate, ttl_bucket_count>{}};
  ResultRules rules{steps, policy, spread, now, "noeviction"};
};

// APPLY-2: what is removed is what was judged, byte by byte
TEST_F(CeleryResultSteps, remove_only_the_value_that_was_judged) {
  const auto value = json("SUCCESS", R"("2026-11-27T10:00:00")");
  ASSERT_TRUE(rules.remove(stored(value), false));
  ASSERT_EQ(steps.steps.size(), 1U);
  const Step& step = steps.steps[0];
  EXPECT_THAT(step.keys, ElementsAre(id));
  EXPECT_EQ(step.bytes, 314U);
  ASSERT_EQ(step.checks.size(), 2U);
  EXPECT_EQ(step.checks[0].kind, CheckKind::value_hash);
  EXPECT_EQ(step.checks[0].number, static_cast<std::int64_t>(hash_bytes(value)));
  EXPECT_EQ(step.checks[1].kind, CheckKind::no_ttl);
  ASSERT_EQ(step.changes.size(), 1U);
  EXPECT_EQ(step.changes[0].kind, ChangeKind::remove);
  EXPECT_EQ(steps.rules[0].removal, Removal::journal);
}

TEST_F(CeleryResultSteps, leave_what_somebody_waits_for) {
  ASSERT_TRUE(rules.remove(stored("{}"), true));
  rules.finish();
  EXPECT_TRUE(steps.steps.empty());
  EXPECT_EQ(steps.left_for("waits for it"), 1U);
}

// TTL-1: no TTL is ever shortened or lengthened
TEST_F(CeleryResultSteps, give_a_ttl_only_where_there_is_none) {
  ASSERT_TRUE(rules.expire(stored("{}")));
  const Step& step = steps.steps.at(0);
  ASSERT_EQ(step.checks.size(), 1U);
  EXPECT_EQ(step.checks[0].kind, CheckKind::no_ttl);
  EXPECT_EQ(step.changes.at(0).kind, ChangeKind::expire_at);
  EXPECT_EQ(step.changes.at(0).number, (now + 1h).count());
  EXPECT_EQ(steps.rules.at(0).removal, Removal::ttl);
}

TEST_F(CeleryResultSteps, name_the_prefix_as_the_owner) {
  auto result = stored("{}");
  result.key = "app1_celery-task-meta-x";
  ASSERT_TRUE(rules.expire(result));
  ASSERT_TRUE(rules.expire(stored("{}")));
  ASSERT_EQ(steps.rules.size(), 2U);
  EXPECT_EQ(steps.rules[0].owner, "app1_");
  EXPECT_EQ(steps.rules[1].owner, "");
}

TEST_F(CeleryResultSteps, remove_a_saved_group_that_nobody_used_and_no_chord_needs) {
  auto group = stored("", 3h);
  group.key = "celery-taskset-meta-29d9ce78-c9f5-4cf5-a9c9-3fc94d49c3bb";
  ASSERT_TRUE(rules.group(group, false));
  const Step& step = steps.steps.at(0);
  EXPECT_THAT(step.keys,
              ElementsAre(group.key, std::string(group.key) + ".j", std::string(group.key) + ".s"));
  std::vector<CheckKind> kinds;
  for (const auto& check : step.checks) kinds.push_back(check.kind);
  EXPECT_THAT(kinds, ElementsAre(CheckKind::idle_at_least, CheckKind::type_is, CheckKind::no_ttl,
                                 CheckKind::absent, CheckKind::absent));
  ASSERT_TRUE(rules.group(group, true));
  group.idle = 1h;
  ASSERT_TRUE(rules.group(group, false));
  rules.finish();
  EXPECT_EQ(steps.steps.at(1).changes.at(0).kind, ChangeKind::expire_at);
  EXPECT_EQ(steps.left_for("chord"), 1U);
}

// A25: the reason names the setting of the process that writes, which is the worker
TEST_F(CeleryResultSteps, say_why_celery_never_removes_them) {
  ASSERT_TRUE(rules.remove(stored("{}"), false));
  EXPECT_THAT(steps.rules.at(0).why, testing::HasSubstr("result_expires was None or 0 in the worker"));
  EXPECT_THAT(steps.rules.at(0).what, testing::HasSubstr("more than 2 h ago"));
}

// TTL-3: what a TTL does besides under this policy is said
TEST(CeleryResultRules, warn_of_what_a_ttl_means_under_the_eviction_policy) {
  const auto why = [](std::string_view eviction) {
    RecordedSteps steps;
    const CeleryPolicy policy;
    ExpirySpread spread(7000, now, std::array<Estimate, ttl_bucket_count>{});
    ResultRules rules(steps, policy, spread, now, eviction);
    EXPECT_TRUE(rules.expire(stored("{}")));
    return steps.rules.at(0).why;
  };
  EXPECT_THAT(why("allkeys-lru"), testing::HasSubstr("counts as a use"));
  EXPECT_THAT(why("volatile-ttl"), testing::HasSubstr("evicted at once"));
  EXPECT_THAT(why("noeviction"), testing::HasSubstr("43 bytes"));
  EXPECT_THAT(why("noeviction"), testing::Not(testing::HasSubstr("evicted")));
}

TEST(CeleryNames, end_their_prefix_where_the_library_begins) {
  EXPECT_EQ(result_prefix("celery-task-meta-a"), 0U);
  EXPECT_EQ(result_prefix("app1:celery-task-meta-order:7"), 5U);
  EXPECT_EQ(result_prefix("celery-task-meta-"), std::string_view::npos);
  EXPECT_EQ(result_prefix("celery"), std::string_view::npos);
  EXPECT_EQ(result_prefix(""), std::string_view::npos);
  EXPECT_EQ(group_prefix("x_celery-taskset-meta-g"), 2U);
  EXPECT_EQ(group_prefix("celery-taskset-meta-g.j"), std::string_view::npos);
}

}  // namespace
}  // namespace headroom::plan::celery
