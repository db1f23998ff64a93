#include "live/live_work.h"

#include <sstream>

#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

constexpr auto list_work = R"lua(
local lines = {}
local function note(root, state, ids)
  for _, id in ipairs(ids) do
    lines[#lines + 1] = redis.call('EXISTS', root .. ':' .. id) .. ' ' .. root .. ' ' .. state .. ' ' .. id
  end
end
for _, root in ipairs(ARGV) do
  for _, state in ipairs({'wait', 'paused', 'active'}) do
    note(root, state, redis.call('LRANGE', root .. ':' .. state, 0, -1))
  end
  for _, state in ipairs({'delayed', 'prioritized', 'waiting-children'}) do
    note(root, state, redis.call('ZRANGE', root .. ':' .. state, 0, -1))
  end
end
return lines
)lua";

}  // namespace

std::map<std::string, bool> live_work(const RedisServer& server, const std::vector<std::string>& roots) {
  std::vector<std::string> words{"EVAL", list_work, "0"};
  words.insert(words.end(), roots.begin(), roots.end());
  std::istringstream lines(redis_cli(server, words));
  std::map<std::string, bool> work;
  for (std::string line; std::getline(lines, line);)
    if (line.size() > 2) work[line.substr(2)] = line[0] == '1';
  return work;
}

std::vector<std::string> lost(const std::map<std::string, bool>& before,
                              const std::map<std::string, bool>& after) {
  std::vector<std::string> missing;
  for (const auto& [job, whole] : before) {
    const auto found = after.find(job);
    if (whole && (found == after.end() || !found->second)) missing.push_back(job);
  }
  return missing;
}

}  // namespace headroom::test
