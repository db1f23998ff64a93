#include "kit/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace headroom::test {

struct ScriptedServer::Client {
  int fd = -1;
  std::string unseen{};  ///< received and not matched by an expect() yet
};

ScriptedServer::ScriptedServer(std::vector<Step> script) : script_(std::move(script)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool listens = ::bind(listening_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::listen(listening_, 16) == 0 &&
                       ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens) throw std::runtime_error("cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(listening_), ::close(stop_);
}

std::string ScriptedServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void ScriptedServer::serve() {
  while (wait_for(listening_, POLLIN, std::chrono::hours(1))) {
    Client client{::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)};
    if (client.fd < 0) continue;
    // Else a second piece waits 40 ms for the acknowledgement of the first.
    const int yes = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    play(client);
    ::close(client.fd);
  }
}

void ScriptedServer::play(Client& client) {
  for (const Step& step : script_) {
    if (step.kind == Step::Kind::close) return;
    if (!do_step(client, step)) break;
  }
  while (receive(client)) {
  }
}

bool ScriptedServer::do_step(Client& client, const Step& step) {
  if (step.kind == Step::Kind::send) return send_bytes(client, step);
  if (step.kind == Step::Kind::reset) {
    const linger at_once{1, 0};
    ::setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(client.fd, -1));
    return false;
  }
  std::size_t found = 0;
  while ((found = client.unseen.find(step.bytes)) == std::string::npos) {
    if (!receive(client)) return false;
  }
  client.unseen.erase(0, found + step.bytes.size());
  return true;
}

bool ScriptedServer::send_bytes(Client& client, const Step& step) {
  const std::size_t piece = step.piece == 0 ? step.bytes.size() : step.piece;
  for (std::size_t at = 0; at < step.bytes.size();) {
    if (!wait_for(client.fd, POLLOUT, std::chrono::hours(1))) return false;
    const auto part = std::min(piece, step.bytes.size() - at);
    const auto sent = ::send(client.fd, step.bytes.data() + at, part, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) at += static_cast<std::size_t>(sent);
    if (step.pause.count() > 0) wait_for(-1, 0, step.pause);
  }
  return true;
}

bool ScriptedServer::receive(Client& client) {
  if (client.fd < 0 || !wait_for(client.fd, POLLIN, std::chrono::hours(1))) return false;
  std::array<char, 65536> buffer;
  const auto size = ::recv(client.fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  client.unseen.append(buffer.data(), static_cast<std::size_t>(size));
  const std::lock_guard lock(mutex_);
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

/// False when it is time to end, and when `most` has passed.
bool ScriptedServer::wait_for(int fd, short events, std::chrono::milliseconds most) const {
  std::array<pollfd, 2> watched{pollfd{fd, events, 0}, pollfd{stop_, POLLIN, 0}};
  ::poll(watched.data(), watched.size(), static_cast<int>(most.count()));
  return watched[0].revents != 0 && watched[1].revents == 0;
}

std::string_view hello_reply() {
  return "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$"
         "2\r\nid\r\n:3\r\n$4\r\nmode\r\n"
         "$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";
}

}  // namespace headroom::test
