#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "app/families.h"
#include "app/live_survey.h"
#include "app/planner.h"
#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "plan/recorded_steps.h"

namespace headroom::test {

inline app::Planner planner(std::string_view name) {
  for (const auto& known : app::planners::known_planners())
    if (known.name == name) return known;
  throw std::runtime_error("no planner " + std::string(name));
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return *std::move(result);
}

inline app::Session session_at(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  return {endpoint, "test"};
}

/// What a planner proposes for the server as it is, as `later` after now.
inline RecordedSteps planned(const RedisServer& server, std::string_view name, const plan::Policy& policy,
                             std::chrono::milliseconds later = {}) {
  const auto session = session_at(server);
  app::Options options;
  options.source = "scan", options.quiet = true;
  const auto families = must(app::Families::load(options));
  family::RootFinder finder(families.all());
  const auto survey = must(app::survey_live(session, families.all(), options, &finder));
  const auto roots = finder.finish();
  RecordedSteps steps;
  must(planner(name).find(
      {session, survey, roots, families.all(), policy, options, survey.server.server_time + later}, steps));
  return steps;
}

/// A key with a value that nobody has used for so long.
inline void make_idle(const RedisServer& server, const std::string& key, std::chrono::seconds idle,
                      int db = 0) {
  redis_cli(server,
            {"EVAL",
             "local d = redis.call('DUMP', KEYS[1]) local t = math.max(redis.call('PTTL', KEYS[1]), 0) "
             "return redis.call('RESTORE', KEYS[1], t, d, 'REPLACE', 'IDLETIME', ARGV[1])",
             "1", key, std::to_string(idle.count())},
            db);
}

}  // namespace headroom::test
