#include "plan/chosen_rules.h"

#include <gtest/gtest.h>

#include "plan/recorded_steps.h"

namespace headroom::plan {
namespace {

std::vector<std::string> passes(const std::vector<std::string>& only, const std::vector<LeftAlone>& groups) {
  test::RecordedSteps steps;
  Policy policy;
  policy.rules.emplace_back().name = "carts";
  ChosenRules chosen(steps, only, policy);
  for (const auto& group : groups) chosen.left_alone(group);
  std::vector<std::string> names;
  for (const auto& group : steps.left) names.push_back(group.rule);
  return names;
}

TEST(ChosenRules, pass_what_they_left_alone_and_what_all_of_their_planner_could_not_see) {
  const LeftAlone orphans{"bull-orphans", "bull:mail", "too young", 1, {}, {"bull:mail:1"}};
  const LeftAlone stubs{"bull-stubs", "bull:mail", "too young", 1, {}, {"bull:mail:2"}};
  const LeftAlone queue{"bull-debris", "bull:mail", "only looked at", 0, {}, {}};
  const LeftAlone keys{"keys", "", "not all keys were seen", 7, {}, {}};
  using Names = std::vector<std::string>;
  const std::vector<LeftAlone> all{orphans, stubs, queue, keys};
  EXPECT_EQ(passes({}, all), (Names{"bull-orphans", "bull-stubs", "bull-debris", "keys"}));
  EXPECT_EQ(passes({"bull-orphans"}, all), (Names{"bull-orphans", "bull-debris"}));
  EXPECT_EQ(passes({"c*s"}, all), (Names{"keys"}));
  EXPECT_EQ(passes({"bull-completed"}, all), Names{});
}

}  // namespace
}  // namespace headroom::plan
