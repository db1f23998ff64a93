#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace headroom::test {

/// A private redis-server of the installed package, on a Unix socket in a folder of its own; no TCP port
/// unless asked for. Ended by pid and its folder removed by the destructor. Starting throws
/// std::runtime_error when the server does not come up.
class RedisServer {
 public:
  /// `arguments` are added to the command line: {"--maxmemory-policy", "allkeys-lru"}.
  explicit RedisServer(std::vector<std::string> arguments = {}, std::string program = "redis-server");
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& folder() const { return folder_; }
  std::string socket_path() const { return folder_ + "/redis.sock"; }
  std::string url(int db = 0) const;  ///< unix:///.../redis.sock?db=N
  pid_t pid() const { return pid_; }

  /// SIGKILL and start again with the same arguments and folder: a new run_id.
  void restart();

 private:
  void start();
  void stop(int signal);
  std::string folder_;
  std::vector<std::string> command_;
  pid_t pid_ = -1;
};

/// A TCP port on loopback that was free a moment ago.
int free_port();

struct Finished {
  int status = -1;  ///< exit code; 128 + signal when killed
  std::string out{};
  std::string err{};
};
/// Runs a program without a shell and waits; `environment` entries ("NAME=value") are added to ours. `input`
/// goes to its stdin.
Finished run(const std::vector<std::string>& command, const std::vector<std::string>& environment = {},
             const std::string& input = {});

}  // namespace headroom::test
