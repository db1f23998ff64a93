#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headroom::wire {

using Command = std::span<const std::string_view>;

/// A reply of the server, whole. Owns its bytes. RESP3 maps arrive as arrays of 2n, sets as arrays, booleans
/// as integers, so that callers see one shape under both protocols.
struct Reply {
  enum class Kind : std::uint8_t { nil, integer, real, text, status, error, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  double real = 0;
  std::string text{};  ///< of text, status and error (an error keeps its prefix: "NOPERM this user ...")
  std::vector<Reply> items{};

  bool is_error() const { return kind == Kind::error; }
  /// The first word of an error, without trailing noise: "NOPERM". Empty for anything else.
  std::string_view error_prefix() const;
};

/// The one door to a Redis server. One thread at a time. Decorators (read-only, throttle, trace) are Links
/// too. A server error is a Reply (the caller decides); a Result error means the connection is of no more
/// use.
class Link {
 public:
  virtual ~Link() = default;
  virtual Result<Reply> call(Command command) = 0;

  /// Queues a command; nothing is sent before flush() or read(). Replies come in order from read().
  virtual void queue(Command command) = 0;
  /// Sends what is queued without waiting for an answer.
  virtual Result<bool> flush() = 0;
  /// The reply of the oldest command queued and not yet read. Needs: pending() > 0. The reference holds until
  /// the next read().
  virtual Result<std::reference_wrapper<const Reply>> read() = 0;
  virtual std::size_t pending() const = 0;
};

}  // namespace headroom::wire
