#include "kit/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace headroom::test {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

bool answers(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  // "-LOADING" and "-NOAUTH" are answers too, but only "+PONG" and "-NOAUTH" say that the data is there.
  bool ready = false;
  if (connected && ::write(fd, "PING\r\n", 6) == 6) {
    std::array<char, 64> reply{};
    const auto n = ::read(fd, reply.data(), reply.size());
    ready = n > 0 && std::string_view(reply.data(), static_cast<std::size_t>(n)).find("LOADING") ==
                         std::string_view::npos;
  }
  ::close(fd);
  return ready;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments, std::string program) {
  std::string name = std::filesystem::temp_directory_path() / "headroom-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = name;
  command_ = {std::move(program), "--port", "0",         "--unixsocket",  socket_path(), "--dir", folder_,
              "--save",           "",       "--logfile", folder_ + "/log"};
  command_.insert(command_.end(), arguments.begin(), arguments.end());
  start();
}

RedisServer::~RedisServer() {
  stop(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string RedisServer::url(int db) const { return "unix://" + socket_path() + "?db=" + std::to_string(db); }

void RedisServer::restart() {
  stop(SIGKILL);
  start();
}

void RedisServer::start() {
  auto arguments = pointers(command_);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, 0), ::dup2(null, 1), ::dup2(null, 2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  for (int i = 0; i < 24000; ++i) {  // two minutes: a benchmark loads gigabytes
    if (answers(socket_path())) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("redis-server did not start; its log is " + folder_ + "/log");
}

void RedisServer::stop(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  ::unlink(socket_path().c_str());
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port on loopback");
  return ntohs(address.sin_port);
}

namespace {

struct Pipe {
  int in = -1, out = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    in = ends[0], out = ends[1];
  }
};

void drain(int out, int err, Finished& finished) {
  std::array<pollfd, 2> watched{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  const std::array<std::string*, 2> sinks{&finished.out, &finished.err};
  std::array<char, 65536> buffer;
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    ::poll(watched.data(), watched.size(), -1);
    for (std::size_t i = 0; i < 2; ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      const auto n = ::read(watched[i].fd, buffer.data(), buffer.size());
      if (n > 0) sinks[i]->append(buffer.data(), static_cast<std::size_t>(n));
      if (n <= 0) ::close(watched[i].fd), watched[i].fd = -1;
    }
  }
}

}  // namespace

Finished run(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             const std::string& input) {
  auto arguments = pointers(command);
  Pipe in, out, err;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in.in, 0), ::dup2(out.out, 1), ::dup2(err.out, 2);
    for (const auto& entry : environment) ::putenv(const_cast<char*>(entry.c_str()));
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(in.in), ::close(out.out), ::close(err.out);
  // A child that reads nothing may be gone already; the tests' main ignores SIGPIPE through this line.
  ::signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const auto written = ::write(in.out, input.data(), input.size());
  ::close(in.out);
  Finished finished;
  drain(out.in, err.in, finished);
  int status = 0;
  ::waitpid(pid, &status, 0);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

}  // namespace headroom::test
