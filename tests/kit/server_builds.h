#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headroom::test {

/// A redis-server that tests may run beside the installed one: tools/newer_servers.sh unpacks them.
struct ServerBuild {
  std::string name{};     ///< "installed", "redis-8.0", "valkey-8.1"
  std::string program{};  ///< what RedisServer starts
  std::string absent{};   ///< why it is not here; empty when it is
};

/// All that are known, whether here or not.
const std::vector<ServerBuild>& server_builds();

/// Runs a test once for each build; for those that are not here it is skipped, with the reason.
class EachServer : public testing::TestWithParam<ServerBuild> {
 protected:
  void SetUp() override {
    if (!GetParam().absent.empty()) GTEST_SKIP() << GetParam().name << ": " << GetParam().absent;
  }
  static bool is_redis_8() { return GetParam().name == "redis-8.0"; }
  static bool is_valkey() { return GetParam().name.starts_with("valkey"); }
};

/// What GoogleTest prints of a build.
void PrintTo(const ServerBuild& build, std::ostream* out);
/// The name of a build as a test's name may have it: redis_8_0.
std::string build_name(const testing::TestParamInfo<ServerBuild>& build);

}  // namespace headroom::test
