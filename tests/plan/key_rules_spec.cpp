#include "plan/keys/key_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/untouchable.h"
#include "recorded_steps.h"

namespace headroom::plan::keys {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::RecordedSteps;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds now = 1'800'000'000'000ms;

Attribution attribution(std::string_view family, Care care) {
  Attribution out;
  out.family = family, out.owner = "mail", out.care = care, out.why = "jobs that wait for a worker";
  return out;
}

SeenKey seen(std::string_view key, std::chrono::seconds idle, std::uint64_t bytes = 100) {
  SeenKey out;
  out.name.key = key, out.name.usual_type = KeyType::string;
  out.type = KeyType::string, out.expires = Expires::never, out.bytes = Bytes{bytes}, out.idle = idle;
  return out;
}

struct Rules {
  explicit Rules(std::vector<KeyRule> given, std::string_view eviction = "noeviction", bool idle_known = true)
      : policy(std::move(given)), rules(steps, policy, spread, now, eviction, idle_known) {}
  /// Two looks at each key, as the planner does.
  Rules& over(const std::vector<SeenKey>& keys) {
    for (const auto& key : keys) rules.count(key);
    rules.settle();
    for (const auto& key : keys) {
      if (!rules.wants(key.name, true)) continue;
      EXPECT_TRUE(rules.decide(key));
    }
    rules.finish();
    return *this;
  }
  std::vector<KeyRule> policy;
  RecordedSteps steps;
  ExpirySpread spread{100, now, std::array<Estimate, ttl_bucket_count>{}};
  KeyRules rules;
};

KeyRule rule(std::string_view pattern) {
  KeyRule out;
  out.name = "mine", out.pattern = pattern;
  return out;
}

TEST(KeyRules, take_the_keys_that_fit_the_pattern) {
  Rules run({rule("cache:*")});
  run.over({seen("cache:1", 0s), seen("cart:1", 0s), seen("cache:two\nlines", 5s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("cache:1", "cache:two\nlines"));
}

// F42: of a copy: what shows that the value is that of the copy is checked, and what nothing shows is left
// alone
TEST(KeyRules, of_a_copy_check_that_the_value_is_the_same) {
  Rules run({rule("cache:*")});
  Proof shown, none;
  shown.checks.emplace_back().kind = CheckKind::value_hash;
  none.why_not = "nothing would show it";
  EXPECT_TRUE(run.rules.decide(seen("cache:1", 0s), &shown));
  EXPECT_TRUE(run.rules.decide(seen("cache:2", 0s), &none));
  run.rules.finish();
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("cache:1"));
  std::vector<CheckKind> kinds;
  for (const auto& check : run.steps.on("cache:1").checks) kinds.push_back(check.kind);
  EXPECT_THAT(kinds, ElementsAre(CheckKind::value_hash, CheckKind::type_is, CheckKind::no_ttl));
  ASSERT_EQ(run.steps.left.size(), 1U);
  EXPECT_EQ(run.steps.left[0].why, "nothing would show it");
}

TEST(KeyRules, by_age_take_only_what_was_not_used_and_is_still_not_used_when_it_goes) {
  auto old = rule("*");
  old.idle = 100s;
  Rules run({old});
  run.over({seen("a", 99s), seen("b", 100s), seen("c", 500s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("b", "c"));
  const auto& check = run.steps.on("c").checks.at(0);
  EXPECT_EQ(check.kind, CheckKind::idle_at_least);
  EXPECT_EQ(check.number, 500) << "not used since the plan";
}

TEST(KeyRules, by_age_cannot_be_applied_under_lfu) {
  auto old = rule("*");
  old.idle = 100s;
  Rules run({old}, "allkeys-lfu");
  run.over({seen("c", 500s)});
  EXPECT_THAT(run.steps.steps, IsEmpty());
  EXPECT_TRUE(run.steps.told("LFU"));
}

// What a copy of the data calls its idle time counts from when it was loaded
TEST(KeyRules, by_age_cannot_be_applied_to_a_copy) {
  auto old = rule("a*");
  old.idle = 100s;
  Rules run({old, rule("b*")}, "noeviction", false);
  run.over({seen("a", 500s), seen("b", 500s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("b"));
  EXPECT_TRUE(run.steps.told("needs the running server"));
}

// PLAN-5 F44: live families are excluded by construction
TEST(KeyRules, never_reach_a_live_family_that_is_not_named) {
  const auto live = attribution("bullmq", Care::hands_off),
             debris = attribution("bullmq", Care::debris_if_proved);
  const auto finished = attribution("bullmq", Care::finished),
             cache = attribution("django_cache", Care::expirable);
  auto closed = attribution("bullmq", Care::finished);
  closed.read_only = true, closed.read_only_why = "an unknown list";
  auto any = rule("*"), of_family = rule("*"), named = rule("*");
  of_family.family = "bullmq", named.live_family = "bullmq";
  EXPECT_EQ(closed_to(any, &live), "jobs that wait for a worker");
  EXPECT_FALSE(closed_to(any, &debris).empty());
  EXPECT_FALSE(closed_to(any, &finished).empty());
  EXPECT_EQ(closed_to(of_family, &closed), "an unknown list");
  EXPECT_FALSE(closed_to(of_family, &live).empty());
  EXPECT_FALSE(closed_to(of_family, &debris).empty());
  EXPECT_TRUE(closed_to(of_family, &finished).empty());
  EXPECT_TRUE(closed_to(any, &cache).empty());
  EXPECT_TRUE(closed_to(any, nullptr).empty());
  for (const auto* owner : {&live, &debris, &finished}) EXPECT_TRUE(closed_to(named, owner).empty());
}

// PLAN-5: what is excluded is told
TEST(KeyRules, tell_what_they_may_not_touch) {
  const auto live = attribution("bullmq", Care::hands_off);
  auto key = seen("bull:mail:wait", 5s);
  key.name.owner = &live;
  Rules run({rule("bull:*")});
  run.over({key});
  EXPECT_THAT(run.steps.steps, IsEmpty());
  EXPECT_EQ(run.steps.left_for("wait for a worker"), 1U);
}

TEST(KeyRules, keep_the_most_recently_used_bytes) {
  auto budget = rule("*");
  budget.keep_bytes = Bytes{250};
  Rules run({budget});
  run.over({seen("a", 40s), seen("b", 10s), seen("c", 30s), seen("d", 20s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("a", "c"));
}

TEST(KeyRules, keep_so_many_of_the_most_recently_used_keys) {
  auto budget = rule("*");
  budget.keep_count = 1;
  Rules run({budget});
  run.over({seen("a", 40s), seen("b", 10s), seen("c", 30s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("a", "c"));
}

TEST(KeyRules, keep_what_fits_of_keys_that_are_equally_old) {
  auto budget = rule("*");
  budget.keep_bytes = Bytes{350};
  Rules run({budget});
  run.over({seen("a", 10s), seen("b", 10s), seen("c", 10s), seen("d", 10s), seen("e", 10s)});
  EXPECT_EQ(run.steps.steps.size(), 2U);
}

TEST(KeyRules, compare_idle_times_of_different_moments) {
  auto budget = rule("*");
  budget.keep_count = 1;
  Rules run({budget});
  auto later = seen("looked at a minute later", 70s);
  later.since_start = 60s;  // 10 s old when the plan began
  run.over({seen("a", 20s), later});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("a"));
}

// TTL-1 TTL-2 A82: a TTL only where there is none, each at its own moment
TEST(KeyRules, give_a_ttl_only_to_keys_without_one) {
  auto ttl = rule("*");
  ttl.removal = Removal::ttl, ttl.ttl = 600s;
  auto with = seen("with", 5s);
  with.expires = Expires::at;
  auto unknown = seen("not known", 5s);
  unknown.expires = Expires::unknown;
  Rules run({ttl});
  run.over({seen("a", 5s), seen("b", 5s), with, unknown});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("a", "b"));
  EXPECT_EQ(run.steps.on("a").checks.at(0).kind, CheckKind::no_ttl);
  EXPECT_NE(run.steps.on("a").changes.at(0).number, run.steps.on("b").changes.at(0).number);
}

// TTL-4: a TTL on a container kills it even while it is written
TEST(KeyRules, give_no_ttl_to_a_container_that_may_come_to_life) {
  auto ttl = rule("*");
  ttl.removal = Removal::ttl, ttl.ttl = 600s;
  auto hash = seen("h", 5s);
  hash.type = hash.name.usual_type = KeyType::hash;
  Rules without({ttl});
  EXPECT_THAT(without.over({hash}).steps.steps, IsEmpty());
  EXPECT_EQ(without.steps.left_for("ends it even when it is written"), 1U);
  ttl.type = "hash";
  Rules named({ttl});
  EXPECT_THAT(named.over({hash}).steps.steps, IsEmpty())
      << "its type is named, and nobody looks again before it ends";
  EXPECT_EQ(named.steps.left_for("quarantine"), 1U);
  Attribution cache;
  cache.family = "laravel", cache.care = Care::expirable;
  hash.name.owner = &cache;
  Rules of_a_cache({ttl});
  of_a_cache.over({hash});
  EXPECT_THAT(of_a_cache.steps.keys("mine"), ElementsAre("h")) << "may be gone at any time, and is made anew";
  EXPECT_EQ(of_a_cache.steps.on("h").checks.at(1).text, "hash");
  EXPECT_THAT(of_a_cache.steps.rules.at(0).why, testing::HasSubstr("however live"));
}

// UNDO-4: nothing above the size guard is journaled
TEST(KeyRules, do_not_journal_what_is_too_large) {
  Rules run({rule("*")});
  run.over({seen("big", 5s, (8U << 20U) + 1)});
  EXPECT_THAT(run.steps.steps, IsEmpty());
  EXPECT_EQ(run.steps.left_for("quarantine"), 1U);
  auto aside = rule("*");
  aside.removal = Removal::quarantine;
  Rules quarantined({aside});
  quarantined.over({seen("big", 5s, (8U << 20U) + 1)});
  EXPECT_EQ(quarantined.steps.on("big").changes.at(0).kind, ChangeKind::quarantine);
}

TEST(KeyRules, leave_a_list_among_strings_of_like_names) {
  auto list = seen("user:17", 5s);
  list.type = KeyType::list;
  Rules run({rule("user:*")});
  run.over({list});
  EXPECT_THAT(run.steps.steps, IsEmpty());
}

TEST(KeyRules, of_several_the_first_that_wants_a_key_gone_gets_it) {
  auto old = rule("*"), small = rule("tmp:*");
  old.name = "old", old.idle = 100s;
  small.name = "tmp";
  Rules run({old, small});
  run.over({seen("tmp:a", 500s), seen("tmp:b", 5s)});
  EXPECT_THAT(run.steps.keys("old"), ElementsAre("tmp:a"));
  EXPECT_THAT(run.steps.keys("tmp"), ElementsAre("tmp:b"));
}

TEST(KeyRules, by_family_and_owner_take_no_key_of_others) {
  const auto mail = attribution("django_cache", Care::expirable);
  auto of_owner = rule("");
  of_owner.family = "django_cache", of_owner.owner = "mail";
  auto theirs = seen("a", 5s);
  theirs.name.owner = &mail;
  Rules run({of_owner});
  run.over({theirs, seen("b", 5s)});
  EXPECT_THAT(run.steps.keys("mine"), ElementsAre("a"));
}

TEST(Untouchable, is_what_is_ours_and_what_is_protected) {
  const std::vector<std::string> protect{"session:*", "a?b"};
  EXPECT_TRUE(untouchable("headroom:q:1f:{x}celery-task-meta-x", {}));
  EXPECT_TRUE(untouchable("session:1", protect));
  EXPECT_TRUE(untouchable("axb", protect));
  EXPECT_FALSE(untouchable("cache:1", protect));
}

}  // namespace
}  // namespace headroom::plan::keys
