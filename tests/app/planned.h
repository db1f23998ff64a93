#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/planner.h"
#include "kit/redis_server.h"

namespace headroom::test {

/// What a planner proposed for a server.
struct Planned : plan::StepSink {
  std::vector<PlanRule> rules{};
  std::vector<Step> steps{};
  std::vector<LeftAlone> left{};

  std::uint16_t rule(PlanRule rule) override {
    rules.push_back(std::move(rule));
    return static_cast<std::uint16_t>(rules.size() - 1);
  }
  Result<bool> step(const Step& step) override {
    steps.push_back(step);
    return true;
  }
  void left_alone(LeftAlone group) override { left.push_back(std::move(group)); }

  /// First keys of the steps of the rules with this name (and owner, where one is given).
  std::vector<std::string> keys_of(std::string_view rule, std::string_view owner = {}) const;
  /// Reasons, with owner and keys: "bull:mail: 2 keys: why".
  std::vector<std::string> reasons() const;
};

/// Surveys the server as the `plan` command does, and lets the planner of that name work.
Planned planned(const RedisServer& server, std::string_view planner, const plan::Policy& policy,
                const app::Options& options = {});

/// Makes a step, the slow and plain way: each check a command, then each change a command. An oracle for what
/// a step means that shares no code with the executor. True when all checks held.
bool make(const RedisServer& server, const Step& step);
/// How many of the steps could be made.
std::size_t make_all(const RedisServer& server, const Planned& planned);

}  // namespace headroom::test
