#include "wire/dial.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace headroom::wire {
namespace {

using std::chrono::steady_clock;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Lookup {
  int status = 0;
  std::vector<Address> addresses{};
};

Lookup look_up(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  Lookup result;
  result.status = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &first);
  if (result.status != 0) return result;
  for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
    Address address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    result.addresses.push_back(address);
  }
  ::freeaddrinfo(first);
  return result;
}

tl::unexpected<Error> unknown_name(int status) {
  return fail({fmt::format("the host name cannot be looked up: {}", ::gai_strerror(status)), "",
               "check the spelling of the host"});
}

/// getaddrinfo() knows no deadline and can hang for half a minute on a dead name server, so it runs aside and
/// is left behind if late.
Result<std::vector<Address>> addresses_of(const Endpoint& endpoint, const Deadline& deadline,
                                          const Cancellation& cancellation) {
  const auto port = std::to_string(endpoint.port);
  if (auto numeric = look_up(endpoint.host, port, AI_NUMERICHOST); numeric.status == 0)
    return std::move(numeric.addresses);
  struct Aside {
    Fd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    Lookup lookup{};
  };
  const auto aside = std::make_shared<Aside>();
  std::thread([aside, host = endpoint.host, port] {
    aside->lookup = look_up(host, port, AI_ADDRCONFIG);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(aside->done.number(), &one, sizeof one);
  }).detach();
  if (auto waited = wait_for(aside->done.number(), POLLIN, deadline, cancellation); !waited)
    return fail(waited.error());
  // Read, not only polled: the pair of write and read orders the look-up before our use of it, for the thread
  // sanitizer too.
  std::uint64_t one = 0;
  [[maybe_unused]] const auto got = ::read(aside->done.number(), &one, sizeof one);
  if (aside->lookup.status != 0) return unknown_name(aside->lookup.status);
  return std::move(aside->lookup.addresses);
}

tl::unexpected<Error> cannot_connect(int error, Endpoint::Kind kind) {
  const bool local = kind == Endpoint::Kind::unix_socket;
  std::string remedy =
      local ? "check the path and who may open it" : "check the host, and any firewall between";
  if (error == ECONNREFUSED)
    remedy =
        local ? "see whether the server is running" : "see whether the server is running and on this port";
  return fail({fmt::format("cannot connect: {}", ::strerrordesc_np(error)), "", std::move(remedy)});
}

Result<bool> finish_connect(int socket, Endpoint::Kind kind, const Deadline& deadline,
                            const Cancellation& cancellation) {
  if (auto waited = wait_for(socket, POLLOUT, deadline, cancellation); !waited) return waited;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return cannot_connect(error, kind);
  return true;
}

Result<Fd> connect_to(const sockaddr* address, socklen_t size, Endpoint::Kind kind, const Deadline& deadline,
                      const Cancellation& cancellation) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return cannot_connect(errno, kind);
  if (::connect(socket.number(), address, size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return cannot_connect(errno, kind);
    if (auto done = finish_connect(socket.number(), kind, deadline, cancellation); !done)
      return fail(done.error());
  }
  return socket;
}

void set_option(const Fd& socket, int level, int name, int value) {
  ::setsockopt(socket.number(), level, name, &value, sizeof value);
}

/// A peer that vanished without a word (F19) is noticed after 30 + 3 * 5 s of silence even where no deadline
/// runs.
void tune(const Fd& socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/// An equal share of what is left, so that one address that answers nothing does not use up the time of the
/// others.
Deadline share_of(const Deadline& whole, std::size_t addresses_left) {
  Deadline share = whole;
  const auto now = steady_clock::now();
  if (whole.at > now) share.at = now + (whole.at - now) / static_cast<std::int64_t>(addresses_left);
  return share;
}

Result<Fd> dial_tcp(const Endpoint& endpoint, const Deadline& deadline, const Cancellation& cancellation) {
  const auto addresses = addresses_of(endpoint, deadline, cancellation);
  if (!addresses) return fail(addresses.error());
  Result<Fd> last = unknown_name(EAI_NODATA);
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const Address& address = (*addresses)[i];
    last = connect_to(reinterpret_cast<const sockaddr*>(&address.storage), address.size, endpoint.kind,
                      share_of(deadline, addresses->size() - i), cancellation);
    if (last) tune(*last);
    if (last || cancellation.cancelled()) break;
  }
  return last;
}

Result<Fd> dial_unix(const Endpoint& endpoint, const Deadline& deadline, const Cancellation& cancellation) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof address.sun_path) {
    return fail({fmt::format("the socket path is longer than {} bytes", sizeof address.sun_path - 1), "",
                 "use a shorter path, or a symbolic link to it", Exit::usage});
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, endpoint.kind, deadline,
                    cancellation);
}

}  // namespace

Result<Fd> dial(const Endpoint& endpoint, const Deadline& deadline, const Cancellation& cancellation) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) return dial_unix(endpoint, deadline, cancellation);
  return dial_tcp(endpoint, deadline, cancellation);
}

}  // namespace headroom::wire
