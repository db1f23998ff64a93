#include "app/private_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "wire/connection.h"

namespace headroom::app {
namespace {

using std::chrono::steady_clock;

/// Whether it answers PING with what it says when its keys are there. While it loads it says -LOADING, or
/// nothing for a while.
bool answers(const std::string& path) {
  constexpr std::chrono::milliseconds soon{200};
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = path;
  const auto link = wire::Connection::open(endpoint, "private", {soon, soon, soon, {}});
  if (!link) return false;
  const auto reply = (*link)->call(std::array{std::string_view("PING")});
  return reply && reply->text == "PONG";
}

std::vector<std::string> command_line(const std::string& folder, const std::string& socket,
                                      const PrivateStart& how) {
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 socket,
                                 "--unixsocketperm",
                                 "700",
                                 "--dir",
                                 folder,
                                 "--save",
                                 "",
                                 "--logfile",
                                 folder + "/redis.log"};
  words.insert(words.end(), how.arguments.begin(), how.arguments.end());
  return words;
}

[[noreturn]] void become_server(const std::vector<char*>& words, bool ends_with_us, pid_t parent) {
  // Out of our process group: Ctrl-C is for us, and we end the server in our own order.
  ::setpgid(0, 0);
  if (ends_with_us) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // we were killed before
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

/// The last warnings in its log, which are the reason.
std::string last_words(const std::string& log) {
  std::ifstream file(log);
  std::string before, last;
  for (std::string line; std::getline(file, line);)
    if (const auto at = line.find(" # "); at != std::string::npos)
      before = std::move(last), last = line.substr(at + 3);
  return before.empty() ? last : before + ": " + last;
}

constexpr std::string_view of_mkdtemp = "XXXXXX";

wire::Fd open_folder(const std::string& folder) {
  return wire::Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Whether what is open is still what stands under the name.
bool is_still(const wire::Fd& folder, const std::string& name) {
  struct stat open {
  }, named{};
  return ::fstat(folder.number(), &open) == 0 && ::lstat(name.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/// A folder that is ours alone.
bool is_private(const wire::Fd& folder) {
  struct stat about {};
  return folder && ::fstat(folder.number(), &about) == 0 && about.st_uid == ::geteuid() &&
         (about.st_mode & 07777) == S_IRWXU;
}

/// A new folder and its lock. Between the two somebody may take it for left behind: then another is made.
std::optional<std::pair<std::string, wire::Fd>> locked_folder(std::string_view name) {
  std::error_code ignored;
  const auto parent = std::filesystem::temp_directory_path(ignored);
  for (;;) {
    std::string folder = parent / fmt::format("{}-{}", name, of_mkdtemp);
    if (::mkdtemp(folder.data()) == nullptr) return std::nullopt;
    auto lock = open_folder(folder);
    // A file system without locks has folders without locks, and nobody removes them.
    const bool locked = lock && ::flock(lock.number(), LOCK_EX) == 0;
    if (!locked || is_still(lock, folder)) return std::pair{std::move(folder), std::move(lock)};
  }
}

}  // namespace

Result<std::unique_ptr<PrivateServer>> PrivateServer::prepare(std::string_view name) {
  auto made = locked_folder(name);
  if (!made)
    return fail({"cannot make a folder for a redis-server of our own",
                 std::filesystem::temp_directory_path().string(),
                 "set TMPDIR to a folder that you may write to", Exit::unreachable});
  return std::unique_ptr<PrivateServer>(new PrivateServer(std::move(made->first), std::move(made->second)));
}

void PrivateServer::remove_left_behind(std::string_view name) {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  for (std::filesystem::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    const auto own = at->path().filename().string();
    if (own.size() != name.size() + 1 + of_mkdtemp.size() || !own.starts_with(fmt::format("{}-", name)))
      continue;
    const auto folder = open_folder(at->path());
    if (!is_private(folder) || ::flock(folder.number(), LOCK_EX | LOCK_NB) != 0) continue;
    std::error_code ignored;
    if (is_still(folder, at->path())) std::filesystem::remove_all(at->path(), ignored);
  }
}

Result<std::unique_ptr<PrivateServer>> PrivateServer::start(std::string_view rdb_image) {
  auto server = prepare("headroom-demo");
  if (!server) return server;
  std::ofstream((*server)->image(), std::ios::binary)
      .write(rdb_image.data(), static_cast<std::streamsize>(rdb_image.size()));
  if (const auto launched = (*server)->launch(); !launched) return fail(launched.error());
  return server;
}

std::optional<Error> PrivateServer::ended() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return Error{"redis-server is not installed", folder_, "apt-get install redis-server", Exit::unreachable};
  const auto why = last_words(folder_ + "/redis.log");
  return Error{why.empty() ? "redis-server ended at once" : "redis-server ended: " + why, folder_,
               "redis-server --version", Exit::unreachable};
}

Result<bool> PrivateServer::launch(const PrivateStart& how) {
  auto words = command_line(folder_, socket(), how);
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const auto began = steady_clock::now();
  const auto us = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become_server(pointers, how.ends_with_us, us);
  if (pid_ < 0) return fail({"cannot start redis-server", std::strerror(errno), "", Exit::unreachable});
  while (!answers(socket())) {
    if (auto error = ended()) return fail(std::move(*error));
    if (how.stop && how.stop()) return fail({"stopped", folder_, "", Exit::partial});
    if (how.patience && steady_clock::now() - began > *how.patience)
      return fail({fmt::format("redis-server did not come up within {} s", how.patience->count()), folder_,
                   "redis-server --version", Exit::unreachable});
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
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
