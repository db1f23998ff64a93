#include "kit/running_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace headroom::test {

RunningProgram::RunningProgram(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe failed");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in[0], 0), ::dup2(out[1], 1);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(in[0]), ::close(out[1]);
  input_ = in[1], output_ = out[0];
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

RunningProgram::~RunningProgram() {
  end_input();
  ::close(output_);
  if (has_ended_within_10_s()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool RunningProgram::has_ended_within_10_s() const {
  for (int tries = 0; tries < 1'000; ++tries) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string RunningProgram::line() {
  for (std::array<char, 65536> buffer;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto found = received_.substr(0, end);
      received_.erase(0, end + 1);
      return found;
    }
    const auto n = ::read(output_, buffer.data(), buffer.size());
    if (n <= 0) throw std::runtime_error("the program ended before it said what was expected");
    received_.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

void RunningProgram::end_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

}  // namespace headroom::test
