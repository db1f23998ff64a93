#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "wire/channel.h"
#include "wire/endpoint.h"
#include "wire/waiting.h"

namespace headroom::wire {

/// Bytes to and from one server, waiting no longer than told to. One thread at a time; the Cancellation ends
/// it from any other.
class Stream {
 public:
  /// Connects and, where the endpoint says so, does the TLS handshake. `cancellation` is kept. Errors: see
  /// dial() and tls_channel().
  static Result<Stream> open(const Endpoint& endpoint, const Deadline& connect, const Deadline& handshake,
                             std::shared_ptr<const Cancellation> cancellation);

  struct Exchanged {
    std::size_t sent = 0;
    std::size_t received = 0;
    bool closed = false;  ///< the server has ended its side: nothing more will be received
  };
  /// Waits until something moved and says what: part of `out` was sent, or, when nothing can be sent now,
  /// bytes came into `in`. Receiving while there is still something to send is what keeps two full pipes from
  /// waiting for each other for ever. Needs: `out` or `in` not empty. Errors: broken, deadline, cancelled.
  Result<Exchanged> exchange(std::string_view out, std::span<char> in, const Deadline& deadline);

 private:
  Stream(std::unique_ptr<Channel> channel, std::shared_ptr<const Cancellation> cancellation)
      : channel_(std::move(channel)), cancellation_(std::move(cancellation)) {}
  std::unique_ptr<Channel> channel_;
  std::shared_ptr<const Cancellation> cancellation_;
};

}  // namespace headroom::wire
