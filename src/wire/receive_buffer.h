#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace headroom::wire {

/// Bytes received and not yet read, in one piece. Grows as they come, never by what a server announces, and
/// shrinks back when empty.
class ReceiveBuffer {
 public:
  /// `most` is what it may ever hold.
  explicit ReceiveBuffer(std::size_t most) : most_(most) { resize(usual); }

  std::string_view filled() const { return {bytes_.get() + begin_, end_ - begin_}; }
  /// Forgets the first `count` filled bytes. Needs: so many are there.
  void drop(std::size_t count) { begin_ += count; }
  /// Where the next bytes go; empty only when `most` bytes wait to be read. Views into filled() are void
  /// afterwards.
  std::span<char> room();
  /// Says that `count` bytes of room() are filled now.
  void fill(std::size_t count) { end_ += count; }

 private:
  // 256 KB holds the answers of a pipeline of a thousand in one recv(); a page of SCAN with 1000 names is
  // some 60 KB.
  static constexpr std::size_t usual = 256 * 1024;
  static constexpr std::size_t large = 4 * usual;
  static constexpr std::size_t least_room = 16 * 1024;
  void resize(std::size_t size);

  std::size_t most_;
  std::unique_ptr<char[]> bytes_{};
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace headroom::wire
