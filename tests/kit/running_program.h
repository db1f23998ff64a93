#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace headroom::test {

/// A program that runs beside the test and ends when its stdin is closed, as a producer that keeps a server
/// busy does. Its stderr is ours. The destructor ends it by pid: by closing its stdin, and by SIGKILL when
/// that is not enough within 10 seconds.
class RunningProgram {
 public:
  /// Throws std::runtime_error when it cannot be started.
  explicit RunningProgram(const std::vector<std::string>& command);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  /// Waits for the next line of its stdout, without the line end. Throws when stdout ends before.
  std::string line();
  /// Closes its stdin: from now on it is ending, and line() gives what it still says.
  void end_input();

 private:
  bool has_ended_within_10_s() const;
  pid_t pid_ = -1;
  int input_ = -1, output_ = -1;
  std::string received_{};
};

}  // namespace headroom::test
