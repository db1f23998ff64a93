#include "act/control_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace headroom::act {
namespace {

constexpr std::size_t longest_line = 256;
constexpr std::size_t most_clients = 8;

tl::unexpected<Error> unusable(std::string path, std::string_view why) {
  return fail({fmt::format("there is no control socket for this run: {}", why), std::move(path),
               "stop it with Ctrl-C or a stop file", Exit::usage});
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(std::string path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return unusable(std::move(path), "its path would have more than 107 bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return unusable(std::move(path), "something else is there");
    ::unlink(path.c_str());
  }
  wire::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Before bind(), so that there is no moment at which others may connect: Linux gives the file this mode.
  if (!socket || ::fchmod(socket.number(), 0600) != 0 ||
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.number(), static_cast<int>(most_clients)) != 0)
    return unusable(std::move(path), std::strerror(errno));
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(socket), std::move(path)));
}

ControlSocket::~ControlSocket() { ::unlink(path_.c_str()); }

void ControlSocket::accept_all() {
  for (;;) {
    wire::Fd socket(::accept4(listening_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (clients_.size() == most_clients) clients_.pop_front();
    clients_.push_back({std::move(socket)});
  }
}

void ControlSocket::serve(const Answer& answer) {
  accept_all();
  std::erase_if(clients_, [&](Client& client) { return !serve(client, answer); });
}

/// False: this client is done with.
bool ControlSocket::serve(Client& client, const Answer& answer) {
  std::array<char, longest_line> room;
  const auto got = ::recv(client.socket.number(), room.data(), room.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  client.received.append(room.data(), static_cast<std::size_t>(got));
  for (std::size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    std::string_view line(client.received.data(), end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto reply = answer(line) + "\n";
    const auto sent = ::send(client.socket.number(), reply.data(), reply.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(reply.size())) return false;  // it does not read its answers
    client.received.erase(0, end + 1);
  }
  return client.received.size() <= longest_line;
}

}  // namespace headroom::act
