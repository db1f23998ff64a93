#include "kit/server_builds.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace headroom::test {
namespace {

const std::string folder = HEADROOM_TREE "/build/servers/";

std::string why_absent(const std::string& program) {
  if (::access(program.c_str(), X_OK) == 0) return {};
  std::ifstream said(folder + "missing");
  std::string reason;
  return std::getline(said, reason) ? reason : "not here: ./dev setup fetches it";
}

ServerBuild newer(const std::string& name) {
  const auto program = folder + name + "/redis-server";
  return {name, program, why_absent(program)};
}

}  // namespace

const std::vector<ServerBuild>& server_builds() {
  static const std::vector<ServerBuild> builds{
      {"installed", "redis-server", ""}, newer("redis-8.0"), newer("valkey-8.0"), newer("valkey-8.1")};
  return builds;
}

std::string build_name(const testing::TestParamInfo<ServerBuild>& build) {
  auto name = build.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

void PrintTo(const ServerBuild& build, std::ostream* out) { *out << build.name; }

}  // namespace headroom::test
