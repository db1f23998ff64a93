#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "kit/redis_server.h"

/// A private server, a state folder and a policy for the commands that plan and change.
namespace headroom::test {

class PlanKit {
 public:
  PlanKit() : folder_("/tmp/headroom-plan-" + std::to_string(::getpid()) + "-" + std::to_string(++count())) {
    std::filesystem::create_directories(folder_);
    policy("[[rule]]\nname = \"carts\"\npattern = \"cart:*\"\n[limits]\nshare = \"100%\"\n");
  }
  ~PlanKit() { std::filesystem::remove_all(folder_); }
  PlanKit(const PlanKit&) = delete;
  PlanKit& operator=(const PlanKit&) = delete;

  RedisServer server{};

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void policy(const std::string& text) const { std::ofstream(path("headroom.toml")) << text; }
  /// With our state folder and policy, from our folder.
  Finished run_command(std::vector<std::string> words, const std::string& state = "state") const {
    std::vector<std::string> command{"env", "-C", folder_, HEADROOM_PROGRAM};
    command.insert(command.end(), words.begin(), words.end());
    return run(command, {"HEADROOM_STATE_DIR=" + path(state)});
  }
  Finished plan(std::vector<std::string> more = {}, const std::string& file = "x.hrplan") const {
    std::vector<std::string> words{"plan", server.url(), "--output", file, "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_command(words);
  }
  Finished apply(std::vector<std::string> more = {}, const std::string& file = "x.hrplan") const {
    std::vector<std::string> words{"apply", file, server.url(), "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_command(words);
  }
  std::string digest() const { return redis_cli(server, {"DEBUG", "DIGEST"}); }
  int keys() const { return std::stoi(redis_cli(server, {"DBSIZE"})); }
  /// Commands that the server executed and that write, by its own table.
  std::vector<std::string> writes() const;

 private:
  static int& count() {
    static int made = 0;
    return made;
  }
  std::string folder_;
};

inline std::vector<std::string> PlanKit::writes() const {
  std::vector<std::string> found;
  std::istringstream lines(redis_cli(server, {"INFO", "commandstats"}));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("cmdstat_")) continue;
    auto name = line.substr(8, line.find(':') - 8);
    // Its flags stand on lines of their own; "rewrite" is none.
    const auto flags = "\n" + redis_cli(server, {"COMMAND", "INFO", name.substr(0, name.find('|'))}) + "\n";
    if (flags.find("\nwrite\n") != std::string::npos || name.starts_with("eval")) found.push_back(name);
  }
  return found;
}

}  // namespace headroom::test
