#include "plan/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::plan {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::milliseconds now{1'700'000'000'000};

Step step(ChangeKind kind, std::string key, std::uint64_t bytes = 100, std::int64_t number = 0) {
  Step made;
  made.keys = {std::move(key)}, made.bytes = bytes;
  made.changes.resize(1);
  made.changes[0].kind = kind, made.changes[0].number = number;
  return made;
}

// PLAN-6: the figures of safety.md 2.4 and 2.7 for keys of 43 bytes
TEST(Facts, reckon_a_journaled_delete_by_what_was_measured) {
  const Survey survey;
  FactsSum sum(survey, now);
  for (int i = 0; i < 1000; ++i) sum.add(step(ChangeKind::remove, std::string(43, 'k'), 300));
  const auto facts = sum.facts(0.25);
  EXPECT_EQ(facts.frees, Bytes{300'000});
  EXPECT_EQ(facts.journal, Bytes{304'000}) << "304 B per key";
  EXPECT_NEAR(static_cast<double>(facts.replication.count), 66'300, 2'000) << "66.3 B per key";
  EXPECT_NEAR(static_cast<double>(facts.duration.count()), 1000 * 8.8 / 0.25 / 1000, 2);
  EXPECT_THAT(facts.expiries, IsEmpty());
}

TEST(Facts, know_that_large_values_make_large_journals) {
  const Survey survey;
  FactsSum sum(survey, now);
  sum.add(step(ChangeKind::remove, "k", 1'000'000));
  EXPECT_GE(sum.facts(1).journal, Bytes{999'000});
}

// TTL-2: expiries per second, with those that the server has anyhow
TEST(Facts, count_expiries_per_second_with_those_that_are_there) {
  Survey survey;
  survey.ttl_histogram[2] = {3000, 3000, 3000};  // within an hour, after ten minutes: one a second
  FactsSum sum(survey, now);
  for (int i = 0; i < 50; ++i) sum.add(step(ChangeKind::expire_at, "k", 100, (now + 30min).count()));
  const auto facts = sum.facts(1);
  EXPECT_EQ(facts.most_expiries_per_second, 51U);
  ASSERT_EQ(facts.expiries.size(), ttl_bucket_count);
  EXPECT_EQ(facts.expiries[2], 50U);
  EXPECT_EQ(facts.needs, Bytes{50 * 43});
  EXPECT_EQ(facts.frees, Bytes{});
  EXPECT_EQ(facts.frees_later, Bytes{5000});
}

// PLAN-6 APPLY-5 F13: strings are freed by the main thread, 0.06 ms per MB
TEST(Facts, announce_keys_that_block_the_server) {
  Survey survey;
  survey.biggest = {{"big string", 0, KeyType::string, Bytes{500'000'000}, false, {}},
                    {"big hash", 0, KeyType::hash, Bytes{500'000'000}, false, {}},
                    {"small", 0, KeyType::string, Bytes{1'000'000}, false, {}}};
  FactsSum sum(survey, now);
  for (const auto* key : {"big string", "big hash", "small", "other"}) sum.add(step(ChangeKind::remove, key));
  EXPECT_THAT(sum.facts(1).blocking, testing::ElementsAre(HasSubstr("big string")));
  EXPECT_THAT(sum.facts(1).blocking[0], HasSubstr("about 30 ms"));
  sum.add(step(ChangeKind::expire_at, "big hash", 1, (now + 1h).count()));
  EXPECT_THAT(sum.facts(1).blocking.back(), HasSubstr("lazyfree-lazy-expire"));
}

// TTL-3: what TTLs do under each maxmemory-policy, and whether there is room for them
TEST(Facts, warn_of_what_ttls_do_besides) {
  PlanHeader plan;
  plan.facts.expiries = {1}, plan.facts.needs = Bytes{4300}, plan.facts.most_expiries_per_second = 8000;
  plan.server.maxmemory_policy = "volatile-ttl";
  plan.server.maxmemory = Bytes{10'000}, plan.server.used_memory = Bytes{9'000};
  std::string all;
  for (const auto& one : warnings(plan, 7000)) all += one + "\n";
  EXPECT_THAT(all, HasSubstr("may be evicted at once"));
  EXPECT_THAT(all, HasSubstr("Up to 8 000 keys expire in one second"));
  EXPECT_THAT(all, HasSubstr("There is no room"));
  EXPECT_THAT(warnings(PlanHeader{}, 7000), IsEmpty());
}

}  // namespace
}  // namespace headroom::plan
