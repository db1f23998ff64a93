#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "wire/endpoint.h"
#include "wire/fd.h"
#include "wire/waiting.h"

namespace headroom::wire {

/// A connected pipe of bytes that never blocks and never raises SIGPIPE.
class Channel {
 public:
  /// What stopped it: `readable`, `writable`: try again when the descriptor is; `closed`: the other side has
  /// ended, nothing comes any more.
  enum class Stopped : std::uint8_t { no, until_readable, until_writable, closed };
  struct Moved {
    std::size_t bytes = 0;
    Stopped stopped = Stopped::no;
  };
  virtual ~Channel() = default;
  /// Sends what the system takes now. Needs: something to send. Errors: the connection is broken.
  virtual Result<Moved> send(std::string_view bytes) = 0;
  /// Receives what is there now. Needs: room. Errors: the connection is broken.
  virtual Result<Moved> receive(std::span<char> room) = 0;
  virtual int descriptor() const = 0;
};

/// Bytes in the clear over a connected, non-blocking socket.
std::unique_ptr<Channel> plain_channel(Fd socket);

/// Does the TLS handshake on a connected, non-blocking socket: TLS 1.2 or later, the chain checked against
/// the endpoint's authorities and the certificate's names against its host (or tls.server_name), unless
/// tls.insecure. Errors: what is wrong with the certificate, in words; unreadable files (Exit::usage); no TLS
/// on that port; deadline; cancelled.
Result<std::unique_ptr<Channel>> tls_channel(Fd socket, const Endpoint& endpoint, const Deadline& deadline,
                                             const Cancellation& cancellation);

}  // namespace headroom::wire
