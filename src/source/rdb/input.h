#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

/// Where the bytes of a snapshot come from: a file, a pipe, a socket, a decompressor.
namespace headroom::source::rdb {

/// A stream of bytes that is read once, from its beginning. One thread.
class Input {
 public:
  virtual ~Input() = default;
  /// Puts at least one byte into `room` and says how many; 0: the end. Needs: room not empty.
  /// Errors: cannot be read, changed while it was read, the connection was lost, stopped (Exit::partial).
  virtual Result<std::size_t> read(std::span<char> room) = 0;
  /// Bytes in all, compressed or not as they lie there; 0 when nobody knows. For progress alone.
  virtual std::uint64_t size() const { return 0; }
  /// Waits until read() would give something at once, `patience` at most. False: nothing has come yet.
  /// Whoever must be able to leave asks before read(), which may wait for ever on a pipe.
  virtual bool ready(std::chrono::milliseconds patience) { return (void)patience, true; }
  /// True when the file is not what it was when the reading began (F06): only a checksum proves that what was
  /// read of it belongs together.
  virtual bool changed() const { return false; }
};

}  // namespace headroom::source::rdb
