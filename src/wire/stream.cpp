#include "wire/stream.h"

#include <poll.h>

#include "wire/dial.h"

namespace headroom::wire {
namespace {

short events_for(Channel::Stopped stopped) {
  if (stopped == Channel::Stopped::until_readable) return POLLIN;
  if (stopped == Channel::Stopped::until_writable) return POLLOUT;
  return 0;
}

}  // namespace

Result<Stream> Stream::open(const Endpoint& endpoint, const Deadline& connect, const Deadline& handshake,
                            std::shared_ptr<const Cancellation> cancellation) {
  auto socket = dial(endpoint, connect, *cancellation);
  if (!socket) return fail(socket.error());
  if (!endpoint.tls.on) return Stream(plain_channel(*std::move(socket)), std::move(cancellation));
  auto channel = tls_channel(*std::move(socket), endpoint, handshake, *cancellation);
  if (!channel) return fail(channel.error());
  return Stream(*std::move(channel), std::move(cancellation));
}

Result<Stream::Exchanged> Stream::exchange(std::string_view out, std::span<char> in,
                                           const Deadline& deadline) {
  while (true) {
    if (auto allowed = still_allowed(deadline, *cancellation_); !allowed) return fail(allowed.error());
    short events = 0;
    if (!out.empty()) {
      const auto moved = channel_->send(out);
      if (!moved) return fail(moved.error());
      const bool ended = moved->stopped == Channel::Stopped::closed;
      if (moved->bytes > 0 || ended) return Exchanged{moved->bytes, 0, ended};
      events = static_cast<short>(events | events_for(moved->stopped));
    }
    if (!in.empty()) {
      const auto moved = channel_->receive(in);
      if (!moved) return fail(moved.error());
      if (moved->bytes > 0 || moved->stopped == Channel::Stopped::closed) {
        return Exchanged{0, moved->bytes, moved->stopped == Channel::Stopped::closed};
      }
      events = static_cast<short>(events | events_for(moved->stopped));
    }
    if (auto waited = wait_for(channel_->descriptor(), events, deadline, *cancellation_); !waited)
      return fail(waited.error());
  }
}

}  // namespace headroom::wire
