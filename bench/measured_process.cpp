#include "measured_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace headroom::bench {
namespace {

std::uint64_t anonymous_bytes(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  return 0;
}

// posix_spawn and not fork: copying our page tables would hold up the second client's thread just when it is
// being timed.
pid_t start(const std::vector<std::string>& command, const std::string& output) {
  std::vector<char*> arguments;
  for (const auto& text : command) arguments.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  constexpr int afresh = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), afresh, 0600);
  ::posix_spawn_file_actions_addopen(&files, 2, (output + ".err").c_str(), afresh, 0600);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    throw std::runtime_error(fmt::format("cannot start {}: {}", command[0], std::strerror(failed)));
  return pid;
}

std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  return last;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessCost run_measured(const std::vector<std::string>& command, const std::string& output) {
  const auto began = std::chrono::steady_clock::now();
  const pid_t pid = start(command, output);
  ProcessCost cost;
  rusage used{};
  int status = 0;
  while (::wait4(pid, &status, WNOHANG, &used) == 0) {
    cost.peak_anonymous = std::max(cost.peak_anonymous, anonymous_bytes(pid));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  cost.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  cost.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  cost.peak_resident = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) return cost;
  const std::string how = WIFEXITED(status) ? fmt::format("ended with code {}", WEXITSTATUS(status))
                                            : fmt::format("was killed by signal {}", WTERMSIG(status));
  throw std::runtime_error(
      fmt::format("{} {}: {}", fmt::join(command, " "), how, last_line(output + ".err")));
}

}  // namespace headroom::bench
