#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kit/redis_server.h"

/// What a user sees of a server that a real library has filled.
namespace headroom::test {

using Json = nlohmann::json;

/// `headroom COMMAND URL --format json`, parsed. Fails the test (and returns null) when the command does.
Json report_of(const std::string& command, const RedisServer& server,
               const std::vector<std::string>& options = {});

/// The patterns of an audit whose name begins with `prefix` and that belong to no family.
std::vector<std::string> unclassified(const Json& audit, const std::string& prefix);

/// The row of `rows` whose member `name` is `value`; null when there is none.
Json row(const Json& rows, const std::string& name, const std::string& value);

/// Expects that `queues` shows, for every queue of the producer's document, the counts which the library
/// itself gave.
void expect_same_states(const Json& produced, const Json& queues);

}  // namespace headroom::test
