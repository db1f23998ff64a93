#include "plan/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::plan {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view host = "db:6379";

LimitJudgement judged(const Limits& limits, const Allowance& allowance, Amount planned,
                      std::uint64_t all = 1000, Amount today = {}, bool takes_all = false) {
  return judge(limits, allowance, planned, today, all, takes_all, host);
}

// PLAN-4: 20 % of the keys and a million keys, unless the policy says otherwise
TEST(Limits, allow_a_fifth_of_all_keys_and_a_million) {
  EXPECT_TRUE(judged({}, {}, {200, {}}).allowed);
  EXPECT_FALSE(judged({}, {}, {201, {}}).allowed);
  EXPECT_TRUE(judged({}, {}, {1'000'000, {}}, 10'000'000).allowed);
  EXPECT_FALSE(judged({}, {}, {1'000'001, {}}, 10'000'000).allowed);
  EXPECT_THAT(judged({}, {}, {200, {}}).over, IsEmpty());
  EXPECT_TRUE(judged({}, {}, {0, {}}, 0).allowed) << "nothing of nothing";
}

// PLAN-4: a higher limit and the phrase, both
TEST(Limits, give_way_to_a_higher_limit_with_its_phrase) {
  const auto over = judged({}, {}, {500, {}});
  EXPECT_EQ(over.phrase, "delete 500 keys from db:6379");
  EXPECT_EQ(over.options, " --max-share 51");
  EXPECT_FALSE(judged({}, {{}, 0.5, ""}, {500, {}}).allowed);
  EXPECT_FALSE(judged({}, {{}, {}, over.phrase}, {500, {}}).allowed);
  EXPECT_TRUE(judged({}, {{}, 0.5, over.phrase}, {500, {}}).allowed);
  EXPECT_FALSE(judged({}, {{}, 0.49, over.phrase}, {500, {}}).allowed);
}

// The server lives between two plans: fewer keys than the phrase names are fine, more are not.
TEST(Limits, take_a_phrase_as_the_most) {
  for (const auto& [phrase, allowed] :
       std::vector<std::pair<std::string, bool>>{{"delete 500 keys from db:6379", true},
                                                 {"delete 501 keys from db:6379", true},
                                                 {"delete 499 keys from db:6379", false},
                                                 {"delete 500 keys from db:6380", false},
                                                 {"delete  keys from db:6379", false},
                                                 {"delete -1 keys from db:6379", false},
                                                 {"delete 5e2 keys from db:6379", false},
                                                 {"delete 500 keys from ", false},
                                                 {"yes", false}})
    EXPECT_EQ(judged({}, {{}, 1.0, phrase}, {500, {}}).allowed, allowed) << phrase;
}

TEST(Limits, of_bytes_and_of_a_day_are_only_the_policys) {
  Limits limits;
  limits.bytes = Bytes{1000}, limits.keys_per_day = 100;
  const auto bytes = judged(limits, {{}, 1.0, "delete 5 keys from db:6379"}, {5, {2000}});
  EXPECT_FALSE(bytes.allowed);
  EXPECT_EQ(bytes.phrase, "") << "no phrase would help";
  const auto day = judged(limits, {}, {50, {1}}, 1000, {60, {1}});
  EXPECT_FALSE(day.allowed);
  EXPECT_THAT(day.over, SizeIs(1));
  EXPECT_TRUE(judged(limits, {}, {40, {1}}, 1000, {60, {1}}).allowed);
}

// PLAN-4 F44: all of everything needs the phrase even where the shares would do
TEST(Limits, ask_for_the_phrase_when_a_rule_takes_every_key) {
  Limits limits;
  limits.share = 1;
  EXPECT_FALSE(judged(limits, {}, {5, {}}, 1000, {}, true).allowed);
  EXPECT_TRUE(judged(limits, {{}, {}, "delete 5 keys from db:6379"}, {5, {}}, 1000, {}, true).allowed);
  KeyRule rule;
  rule.pattern = "*";
  EXPECT_TRUE(takes_every_key(rule));
  rule.pattern = "?*";
  EXPECT_TRUE(takes_every_key(rule));
  rule.idle = std::chrono::hours(24);
  EXPECT_FALSE(takes_every_key(rule));
  rule = {};
  rule.pattern = "a*";
  EXPECT_FALSE(takes_every_key(rule));
}

}  // namespace
}  // namespace headroom::plan
