#pragma once

#include <map>
#include <string>
#include <vector>

#include "kit/redis_server.h"

/// The work that queues still have to do: what cleaning must never touch.
namespace headroom::test {

/// "bull:mail wait 17" -> whether the job's hash is there. Of wait, paused, active, delayed, prioritized and
/// waiting-children of every queue.
std::map<std::string, bool> live_work(const RedisServer& server, const std::vector<std::string>& roots);

/// Of `before`, what is in no state any more or has lost its job.
std::vector<std::string> lost(const std::map<std::string, bool>& before,
                              const std::map<std::string, bool>& after);

}  // namespace headroom::test
