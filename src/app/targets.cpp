#include "app/targets.h"

namespace headroom::app {

Result<std::vector<Target>> targets(const Invocation& invocation) {
  std::vector<Target> found;
  for (const auto& word : invocation.options.targets) {
    if (word.find("://") == std::string::npos) {
      found.push_back({std::nullopt, word});
      continue;
    }
    auto server = session(invocation, word);
    if (!server) return fail(server.error());
    found.push_back({std::move(*server), {}});
  }
  if (!found.empty()) return found;
  auto server = session(invocation, {});
  if (!server) return fail(server.error());
  found.push_back({std::move(*server), {}});
  return found;
}

}  // namespace headroom::app
