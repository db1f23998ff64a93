#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "wire/channel.h"

namespace headroom::wire {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

tl::unexpected<Error> broken(int error) {
  return fail({fmt::format("the connection broke: {}", ::strerrordesc_np(error)), "",
               "see whether the server is still running"});
}

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(Fd socket) : socket_(std::move(socket)) {}

  Result<Moved> send(std::string_view bytes) override {
    const auto sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return Moved{static_cast<std::size_t>(sent), Stopped::no};
    if (would_block(errno)) return Moved{0, Stopped::until_writable};
    // The other side has gone, but what it said before it went is still there to be received, and tells why.
    if (errno == EPIPE || errno == ECONNRESET) return Moved{0, Stopped::closed};
    return broken(errno);
  }

  Result<Moved> receive(std::span<char> room) override {
    const auto received = ::recv(socket_.number(), room.data(), room.size(), 0);
    if (received > 0) return Moved{static_cast<std::size_t>(received), Stopped::no};
    if (received == 0 || errno == ECONNRESET) return Moved{0, Stopped::closed};
    if (would_block(errno)) return Moved{0, Stopped::until_readable};
    return broken(errno);
  }

  int descriptor() const override { return socket_.number(); }

 private:
  Fd socket_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(Fd socket) {
  return std::make_unique<PlainChannel>(std::move(socket));
}

}  // namespace headroom::wire
