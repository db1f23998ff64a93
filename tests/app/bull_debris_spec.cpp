#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "app/aged_server.h"
#include "app/applied.h"
#include "kit/loaded_server.h"
#include "kit/producers.h"
#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

plan::Policy policy_for_young_debris() {
  plan::Policy policy;
  policy.bull.front().orphan_age = std::chrono::seconds(0);
  return policy;
}

/// What the producers say they left, by the rule that must find it: kind of debris -> rule.
const std::map<std::string, std::string> rule_of_kind{{"orphan", ""},
                                                      {"age_retention", ""},
                                                      {"emptied", ""},
                                                      {"stub", "bull-stubs"},
                                                      {"late_logs", "bull-sub-keys"},
                                                      {"stale_dedup", "bull-deduplication"},
                                                      {"legacy_priority", "bull-legacy"},
                                                      {"legacy_delay_stream", "bull-legacy"},
                                                      {"ttl_on_infrastructure", "bull-infrastructure-ttl"}};

class BullDebris : public testing::TestWithParam<std::string> {
 protected:
  BullDebris() {
    const bool bullmq = GetParam().starts_with("bullmq");
    report = Json::parse(produce(
        {bullmq ? "bullmq.mjs" : "bull.mjs", "--library", GetParam(), "--parts", "debris"}, server.url()));
    age_keys(server);
  }
  /// The keys of every rule, but for danglers, which are members.
  static std::set<std::pair<std::string, std::string>> found(const RecordedSteps& plan) {
    std::set<std::pair<std::string, std::string>> keys;
    for (const auto& step : plan.steps) {
      auto name = plan.rules[step.rule].name;
      if (name == "bull-danglers") continue;
      if (name == "bull-orphans" || name == "bull-orphans-blocking") name = "";
      keys.emplace(name, step.keys.front());
    }
    return keys;
  }
  std::set<std::pair<std::string, std::string>> expected() const {
    std::set<std::pair<std::string, std::string>> keys;
    for (const auto& one : report["debris"]) {
      const std::string kind = one["kind"], key = one["key"];
      // Of a queue that was obliterated nothing else is left: nobody knows whose it is.
      if (kind == "stub" && redis_cli(server, {"EXISTS", one["root"].get<std::string>() + ":id"}) == "0")
        continue;
      if (kind == "dead_scheduler" && !one.contains("member")) {
        keys.emplace("", key);  // the job that the scheduler waits for in vain
      } else if (kind == "lost_parent") {
        keys.emplace("bull-sub-keys", key);
      } else if (const auto rule = rule_of_kind.find(kind); rule != rule_of_kind.end()) {
        if (!one.contains("part"))
          keys.emplace(rule->second, key);
        else if (std::none_of(report["debris"].begin(), report["debris"].end(), [&](const Json& other) {
                   return other["key"] == key.substr(0, key.rfind(':'));
                 }))
          keys.emplace("bull-sub-keys", key);  // of a job that is gone; others go with their job
      }
    }
    return keys;
  }
  RedisServer server{};
  Json report{};
};

// A80 A87 A101: every kind of debris that a library really leaves is found, and nothing that is alive is
// taken for debris.
TEST_P(BullDebris, is_found_where_the_library_left_it_and_nowhere_else) {
  const auto digest = redis_cli(server, {"DEBUG", "DIGEST"});
  const auto plan = planned(server, "bull_debris", policy_for_young_debris());
  EXPECT_EQ(redis_cli(server, {"DEBUG", "DIGEST"}), digest) << "planning changed something";
  EXPECT_EQ(found(plan), expected());
  EXPECT_EQ(make_all(server, plan), plan.steps.size());
  age_keys(server);
  const auto again = planned(server, "bull_debris", policy_for_young_debris());
  EXPECT_THAT(found(again), IsEmpty()) << "what was found once is gone, and left nothing behind";
}

INSTANTIATE_TEST_SUITE_P(Libraries, BullDebris,
                         testing::Values("bullmq6", "bullmq5", "bullmq4", "bullmq1", "bull4", "bull3"),
                         [](const auto& one) { return one.param; });

// A87 A89: waiting, delayed, prioritized jobs, parents, schedulers and their keys are never taken: a server
// full of live work gives no step at all, however old it is.
TEST(BullDebrisOfLiveQueues, is_nothing) {
  for (const std::string library : {"bullmq6", "bullmq5", "bullmq4", "bullmq1", "bull4", "bull3"}) {
    RedisServer server;
    produce(
        {library.starts_with("bullmq") ? "bullmq.mjs" : "bull.mjs", "--library", library, "--age-days", "60"},
        server.url());
    age_keys(server, 5'000'000);
    const auto plan = planned(server, "bull_debris", policy_for_young_debris());
    for (const auto& step : plan.steps)
      ADD_FAILURE() << library << ": " << plan.rules[step.rule].name << " " << step.keys[0];
  }
}

class OneOrphan : public testing::Test {
 protected:
  OneOrphan() {
    produce({"bullmq_finished.mjs", "--jobs", "3", "--bytes", "20"}, server.url());
    redis_cli(server, {"ZREM", "bull:mail:completed", "2"});
  }
  RecordedSteps plan(plan::Policy policy = policy_for_young_debris()) {
    return planned(server, "bull_debris", policy);
  }
  RedisServer server{};
};

// The event stream covers the reading, so nothing needs to have been idle.
TEST_F(OneOrphan, is_proved_by_the_event_stream) {
  EXPECT_THAT(keys_of(plan(), "bull-orphans"), ElementsAre("bull:mail:2"));
}

// 5.5: what is left of a job that was gone when its worker failed; it keeps add() from taking its id.
TEST_F(OneOrphan, stubs_are_found_first) {
  redis_cli(server, {"HSET", "bull:mail:charge-1", "failedReason", "card refused", "stacktrace", "[]",
                     "attemptsMade", "1"});
  redis_cli(server, {"HSET", "bull:mail:notes", "author", "me", "text", "not of the library"});
  age_keys(server);
  const auto proposed = plan();
  EXPECT_THAT(keys_of(proposed, "bull-stubs"), ElementsAre("bull:mail:charge-1"));
  ASSERT_THAT(proposed.steps, SizeIs(2));
  EXPECT_EQ(proposed.steps[0].keys[0], "bull:mail:charge-1");
  EXPECT_TRUE(make(server, proposed.steps[0]));
}

// Without a stream only a hash that nobody touched for a minute is known not to have moved.
TEST_F(OneOrphan, is_proved_by_its_idle_time_where_there_is_no_stream) {
  redis_cli(server, {"DEL", "bull:mail:events"});
  redis_cli(server, {"HGET", "bull:mail:2", "name"});
  const auto young = plan();
  EXPECT_THAT(young.steps, IsEmpty());
  EXPECT_THAT(reasons(young), Contains(HasSubstr("1 keys: touched within the last minute")));
  age_keys(server, 61);
  EXPECT_THAT(keys_of(plan(), "bull-orphans"), ElementsAre("bull:mail:2"));
}

// A87: the age that the policy asks for.
TEST_F(OneOrphan, must_be_as_old_as_the_policy_says) {
  const auto young = plan(plan::Policy{});
  EXPECT_THAT(young.steps, IsEmpty());
  EXPECT_THAT(reasons(young), Contains(HasSubstr("too young")));
}

// F42: whatever brings it back to life between plan and apply is seen.
TEST_F(OneOrphan, that_came_back_to_life_is_left_alone) {
  const auto proposed = plan();
  ASSERT_THAT(proposed.steps, SizeIs(1));
  const auto& step = proposed.steps[0];
  const auto dump = redis_cli(server, {"DEBUG", "DIGEST"});
  const std::vector<std::vector<std::string>> revivals{{"ZADD", "bull:mail:failed", "1", "2"},
                                                       {"ZADD", "bull:mail:delayed", "1", "2"},
                                                       {"ZADD", "bull:mail:prioritized", "1", "2"},
                                                       {"ZADD", "bull:mail:waiting-children", "1", "2"},
                                                       {"RPUSH", "bull:mail:wait", "2"},
                                                       {"RPUSH", "bull:mail:active", "2"},
                                                       {"RPUSH", "bull:mail:paused", "2"},
                                                       {"SET", "bull:mail:2:lock", "token"}};
  for (const auto& revival : revivals) {
    redis_cli(server, revival);
    EXPECT_FALSE(make(server, step)) << revival[1];
    redis_cli(server, {"DEL", revival[1]});
  }
  redis_cli(server, {"HSET", "bull:mail:2", "timestamp", "1900000000000"});
  EXPECT_FALSE(make(server, step)) << "a new job of this id";
}

// A83: in other ways than deleting at once; the TTL is the week that jobs have. Reference 5.1.
TEST_F(OneOrphan, gets_a_ttl_or_is_put_aside_where_the_policy_says_so) {
  auto policy = policy_for_young_debris();
  policy.bull.front().orphan_removal = Removal::ttl;
  auto proposed = plan(policy);
  ASSERT_THAT(proposed.steps, SizeIs(1));
  EXPECT_TRUE(make(server, proposed.steps[0]));
  const auto ttl = std::stoll(redis_cli(server, {"TTL", "bull:mail:2"}));
  EXPECT_NEAR(static_cast<double>(ttl), 7 * 86400, 60);
  redis_cli(server, {"PERSIST", "bull:mail:2"});
  policy.bull.front().orphan_removal = Removal::quarantine;
  proposed = plan(policy);
  ASSERT_THAT(proposed.steps, SizeIs(1));
  EXPECT_EQ(proposed.steps[0].changes[0].kind, ChangeKind::quarantine);
  EXPECT_EQ(proposed.rules[0].removal, Removal::quarantine);
}

// TTL-4: one that was given a TTL, and whose id is in a state again: it is made permanent before it expires.
TEST_F(OneOrphan, with_a_ttl_that_came_back_to_life_is_kept) {
  auto policy = policy_for_young_debris();
  policy.bull.front().orphan_removal = Removal::ttl;
  make_all(server, plan(policy));
  ASSERT_GT(std::stoll(redis_cli(server, {"TTL", "bull:mail:2"})), 0);
  EXPECT_THAT(keys_of(plan(policy), "bull-infrastructure-ttl"), IsEmpty()) << "as long as it is an orphan";
  redis_cli(server, {"RPUSH", "bull:mail:wait", "2"});
  const auto proposed = plan(policy);
  EXPECT_THAT(keys_of(proposed, "bull-infrastructure-ttl"), ElementsAre("bull:mail:2"));
  make_all(server, proposed);
  EXPECT_EQ(redis_cli(server, {"TTL", "bull:mail:2"}), "-1");
}

// 5.5: a dangling id in finished sets is dropped, one that waits is only told of, unless the policy says
// otherwise.
TEST(BullDanglers, are_dropped_from_finished_sets_alone) {
  for (const std::string name : {"bullmq6_debris", "bullmq5_debris"}) {
    const auto server = loaded_server(name);
    const std::string root = "bull:shop-dangling";
    auto policy = policy_for_young_debris();
    auto plan = planned(*server, "bull_debris", policy);
    EXPECT_THAT(keys_of(plan, "bull-danglers", root), ElementsAre(root + ":completed"));
    EXPECT_THAT(reasons(plan), Contains(AllOf(HasSubstr(root), HasSubstr("`wait` without a job"))));
    policy.bull.front().waiting_danglers = true;
    plan = planned(*server, "bull_debris", policy);
    EXPECT_THAT(keys_of(plan, "bull-waiting-danglers", root),
                UnorderedElementsAre(root + ":wait", root + ":delayed", root + ":prioritized"));
    for (const auto& step : plan.steps)
      EXPECT_TRUE(plan.rules[step.rule].owner != root || make(*server, step)) << step.keys[0];
    EXPECT_THAT(keys_of(planned(*server, "bull_debris", policy), "bull-waiting-danglers", root), IsEmpty());
  }
}

// A87: below a queue's prefix lie keys of the application too. A part of a job that is gone is debris when
// the library gave the id, or when its entries are keys of jobs; else nobody knows whose it is.
TEST_F(OneOrphan, is_followed_by_parts_of_jobs_and_not_by_keys_of_the_application) {
  redis_cli(server, {"ZADD", "bull:mail:completed", "1", "2"});  // no orphan any more
  const std::string uuid = "0b8f2a6e-5d1c-4c57-9d0e-8f3a2b1c4d5e";
  redis_cli(server, {"SET", "bull:mail:id", "40"});
  std::vector<std::string> expected;
  for (const auto& id : {std::string("39"), uuid, std::string("repeat:digest:1700000000000")}) {
    redis_cli(server, {"RPUSH", "bull:mail:" + id + ":logs", "row"});
    expected.push_back("bull:mail:" + id + ":logs");
  }
  // A custom id: its children say what it was.
  redis_cli(server, {"SADD", "bull:mail:order-7:dependencies", "bull:pdf:3", "bull:mail:9"});
  redis_cli(server, {"HSET", "bull:mail:order-7:processed", "bull:pdf:2", "{}"});
  redis_cli(server, {"ZADD", "bull:mail:order-7:unsuccessful", "1", "bull:pdf:4"});
  for (const auto part : {"dependencies", "processed", "unsuccessful"})
    expected.push_back(std::string("bull:mail:order-7:") + part);
  // And these are the application's own.
  redis_cli(server, {"RPUSH", "bull:mail:x:logs", "row"});
  redis_cli(server, {"RPUSH", "bull:mail:41:logs", "an id that the queue has not given yet"});
  redis_cli(server, {"RPUSH", "bull:mail:007:logs", "row"});
  redis_cli(server, {"SADD", "bull:mail:x:dependencies", "libpng", "zlib"});
  redis_cli(server, {"SADD", "bull:mail:y:dependencies", "bull:pdf:3", "zlib"});
  redis_cli(server, {"HSET", "bull:mail:x:processed", "2024:05", "17"});
  age_keys(server);
  const auto proposed = plan();
  const auto found = keys_of(proposed, "bull-sub-keys");
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(reasons(proposed), Contains(HasSubstr("6 keys: no job of this id was seen")));
  make_all(server, proposed);
  EXPECT_EQ(
      redis_cli(server, {"EXISTS", "bull:mail:x:logs", "bull:mail:41:logs", "bull:mail:007:logs",
                         "bull:mail:x:dependencies", "bull:mail:y:dependencies", "bull:mail:x:processed"}),
      "6");
}

// Closed world: a container that nobody knows may name jobs.
TEST_F(OneOrphan, of_a_queue_with_an_unknown_container_is_left_alone) {
  redis_cli(server, {"ZADD", "bull:mail:groups", "1", "2"});
  const auto proposed = plan();
  EXPECT_THAT(proposed.steps, IsEmpty());
  EXPECT_THAT(reasons(proposed), Contains(HasSubstr("only looked at")));
}

}  // namespace
}  // namespace headroom::test
