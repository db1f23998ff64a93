#include "app/private_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace headroom::app {
namespace {

bool listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

[[noreturn]] void become_server(const std::string& folder, const std::string& socket) {
  // Out of our process group: Ctrl-C is for us, and we end the server in our own order.
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  const auto log = folder + "/redis.log";
  std::array<const char*, 16> words{"redis-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    socket.c_str(),
                                    "--unixsocketperm",
                                    "700",
                                    "--dir",
                                    folder.c_str(),
                                    "--save",
                                    "",
                                    "--logfile",
                                    log.c_str(),
                                    nullptr};
  ::execvp(words[0], const_cast<char* const*>(words.data()));
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<PrivateServer>> PrivateServer::start(std::string_view rdb_image) {
  std::error_code ignored;
  std::string folder = std::filesystem::temp_directory_path(ignored) / "headroom-demo-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return fail({"cannot make a folder for the demo", folder, "set TMPDIR to a folder that you may write to",
                 Exit::unreachable});
  std::unique_ptr<PrivateServer> server(new PrivateServer(folder));
  std::ofstream(folder + "/dump.rdb", std::ios::binary)
      .write(rdb_image.data(), static_cast<std::streamsize>(rdb_image.size()));
  if (const auto launched = server->launch(); !launched) return fail(launched.error());
  return server;
}

Result<bool> PrivateServer::launch() {
  pid_ = ::fork();
  if (pid_ == 0) become_server(folder_, socket());
  for (int tries = 0; tries < 1000; ++tries) {
    if (listens(socket())) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      const bool absent = WIFEXITED(status) && WEXITSTATUS(status) == 127;
      return fail({absent ? "redis-server is not installed" : "redis-server ended at once", folder_,
                   absent ? "apt-get install redis-server" : "redis-server --version", Exit::unreachable});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fail({"redis-server did not come up within 5 s", folder_, "headroom demo", Exit::unreachable});
}

PrivateServer::~PrivateServer() {
  if (kept_) return;
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace headroom::app
