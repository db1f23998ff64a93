#include <gtest/gtest.h>

#include "kit/producers.h"
#include "live/audited.h"

namespace headroom::test {

Json report_of(const std::string& command, const RedisServer& server,
               const std::vector<std::string>& options) {
  std::vector<std::string> words{command, server.url(), "--format", "json", "--top", "0"};
  if (command == "queues") words = {command, server.url(), "--format", "json"};
  words.insert(words.end(), options.begin(), options.end());
  const auto finished = headroom(words);
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.status == 0 ? Json::parse(finished.out) : Json();
}

std::vector<std::string> unclassified(const Json& audit, const std::string& prefix) {
  std::vector<std::string> found;
  for (const auto& pattern : audit["patterns"]) {
    const auto name = pattern["pattern"].get<std::string>();
    if (pattern["family"] == "unknown" && name.starts_with(prefix))
      found.push_back(name + " (" + pattern["type"].dump() + ")");
  }
  return found;
}

Json row(const Json& rows, const std::string& name, const std::string& value) {
  for (const auto& candidate : rows)
    if (candidate.contains(name) && candidate[name] == value) return candidate;
  return {};
}

void expect_same_states(const Json& produced, const Json& queues) {
  for (const auto& queue : produced["queues"]) {
    const auto root = queue["root"].get<std::string>();
    const auto shown = row(queues["queues"], "owner", root);
    ASSERT_FALSE(shown.is_null()) << "queues does not list " << root << " among " << queues["queues"].size();
    for (const auto& [state, count] : queue["states"].items())
      EXPECT_EQ(shown["states"].value(state, Json()), count)
          << root << ": " << state << " in " << shown["states"];
  }
}

}  // namespace headroom::test
