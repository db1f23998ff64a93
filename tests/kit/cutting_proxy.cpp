#include "kit/cutting_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "wire/fd.h"
#include "wire/resp_reader.h"

namespace headroom::test {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Only where messages end is of interest.
struct Silence final : wire::RespEvents {
  void nil() override {}
  void integer(std::int64_t) override {}
  void real(double) override {}
  void text(std::string_view) override {}
  void status(std::string_view) override {}
  void error(std::string_view) override {}
  void array_begins() override {}
  void array_ends() override {}
};

}  // namespace

/// One end of a pair: what comes from it, taken apart into messages, and what is to go to it.
class CuttingProxy::Side {
 public:
  explicit Side(int fd) : fd_(fd) {}
  int fd() const { return fd_.number(); }
  bool has_more_to_send() const { return !out_.empty(); }
  void send(std::string_view bytes) { out_.append(bytes); }

  /// False: the other end is gone.
  bool flush() {
    if (out_.empty()) return true;
    const auto sent = ::send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN;
    out_.erase(0, static_cast<std::size_t>(sent));
    return true;
  }

  /// Gives each message that is whole. False: the other end is gone.
  template <class Take>
  bool receive(const Take& take) {
    std::array<char, 65536> buffer;
    const auto got = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
    while (true) {
      const auto taken = reader_.take(unread_);
      if (!taken) return false;
      message_.append(unread_, 0, taken->bytes);
      unread_.erase(0, taken->bytes);
      if (!taken->whole) return true;
      take(std::exchange(message_, {}));
    }
  }

 private:
  wire::Fd fd_;
  Silence silence_{};
  wire::RespReader reader_{silence_, wire::RespLimits{}};
  std::string unread_{}, message_{}, out_{};
};

struct CuttingProxy::Pair {
  Pair(int client_fd, int server_fd) : client(client_fd), server(server_fd) {}
  Side client, server;
  std::uint64_t unanswered = 0;
  bool deaf = false;  ///< nothing more is taken from the client
  bool mute = false;  ///< nothing more is given to the client
};

CuttingProxy::CuttingProxy(std::string server_path, std::string path)
    : server_path_(std::move(server_path)), path_(std::move(path)) {
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  const auto address = address_of(path_);
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening_, 64) != 0)
    throw std::runtime_error("cannot listen at " + path_);
  thread_ = std::thread([this] { serve(); });
}

CuttingProxy::~CuttingProxy() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(listening_), ::close(stop_);
  ::unlink(path_.c_str());
}

void CuttingProxy::arm(Cut cut, std::uint64_t nth, std::chrono::milliseconds refusing) {
  const std::lock_guard lock(mutex_);
  cut_ = cut, nth_ = nth, refusing_ = refusing;
  requests_ = replies_ = 0, has_cut_ = false;
  refuses_until_ = {};
}

bool CuttingProxy::has_cut() const {
  const std::lock_guard lock(mutex_);
  return has_cut_;
}
std::uint64_t CuttingProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
std::uint64_t CuttingProxy::replies() const {
  const std::lock_guard lock(mutex_);
  return replies_;
}

void CuttingProxy::serve() {
  while (true) {
    std::vector<pollfd> watched{{stop_, POLLIN, 0}, {listening_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      const int client = pair->deaf ? 0 : POLLIN;
      watched.push_back({pair->client.fd(),
                         static_cast<short>(client | (pair->client.has_more_to_send() ? POLLOUT : 0)), 0});
      watched.push_back({pair->server.fd(),
                         static_cast<short>(POLLIN | (pair->server.has_more_to_send() ? POLLOUT : 0)), 0});
    }
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) return;
    const std::lock_guard lock(mutex_);
    std::size_t i = 2;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); i += 2)
      pair = move(**pair, watched[i].revents, watched[i + 1].revents) ? std::next(pair) : pairs_.erase(pair);
    if (watched[1].revents != 0) accept();
  }
}

void CuttingProxy::accept() {
  const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(server_path_);
  const bool refused = std::chrono::steady_clock::now() < refuses_until_;
  if (refused || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(client), ::close(server);
    return;
  }
  pairs_.push_back(std::make_shared<Pair>(client, server));
}

/// False: the pair has come to its end.
bool CuttingProxy::move(Pair& pair, short client, short server) {
  constexpr short comes = POLLIN | POLLHUP | POLLERR;
  if ((client & comes) != 0 && !pair.deaf &&
      !pair.client.receive([&](std::string message) { request(pair, std::move(message)); }))
    return false;
  if ((server & comes) != 0 &&
      !pair.server.receive([&](std::string message) { reply(pair, std::move(message)); }))
    return false;
  if (!pair.server.flush() || !pair.client.flush()) return false;
  return !pair.deaf || pair.unanswered > 0 || pair.client.has_more_to_send();
}

void CuttingProxy::request(Pair& pair, std::string message) {
  if (pair.deaf) return;
  if (++requests_ == nth_ && cut_ == Cut::request_lost) {
    pair.deaf = has_cut_ = true;
    refuses_until_ = std::chrono::steady_clock::now() + refusing_;
    return;
  }
  ++pair.unanswered;
  pair.server.send(message);
}

void CuttingProxy::reply(Pair& pair, std::string message) {
  --pair.unanswered;
  if (++replies_ == nth_ && cut_ == Cut::reply_lost) {
    pair.deaf = pair.mute = has_cut_ = true;
    refuses_until_ = std::chrono::steady_clock::now() + refusing_;
  }
  if (!pair.mute) pair.client.send(message);
}

}  // namespace headroom::test
