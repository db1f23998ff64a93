#include "plan/chosen_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

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

/// The names of rules, and of all that a planner looks for, that stand in the sources of a folder.
std::set<std::string> names_in(const std::string& folder) {
  const std::regex name("\"((bull|celery|kombu)(-[a-z]+)+)\"");
  std::set<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(HEADROOM_TREE "/src/" + folder)) {
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at)
      found.insert((*at)[1].str());
  }
  return found;
}

// A rule that is added in plan/ and missing in the table of chosen_rules.cpp would be planned alone as if
// nothing had kept its planner from looking.
TEST(ChosenRules, know_the_planner_of_every_rule_in_the_sources) {
  std::vector<LeftAlone> planners;
  for (const auto& name : names_in("app/planners")) planners.push_back({name, "", "not seen", 0, {}, {}});
  auto rules = names_in("plan/bull");
  rules.merge(names_in("plan/celery"));
  rules.insert({"bull-completed", "bull-failed"});  // made of the state
  ASSERT_GT(rules.size(), 20U);
  ASSERT_GT(planners.size(), 7U);
  for (const auto& rule : rules)
    EXPECT_FALSE(passes({rule}, planners).empty()) << rule << " is missing in the table `together`";
}

}  // namespace
}  // namespace headroom::plan
