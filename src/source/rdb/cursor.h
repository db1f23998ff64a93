#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "source/rdb/chunks.h"

namespace headroom::source::rdb {

/// A place in a snapshot that moves forward. After the first failure every read gives zeros and empty views,
/// so that a loop need only look at failed() and a function may read on to its end. Views hold until the next
/// read.
class Cursor {
 public:
  /// The most that is held of one string at once. A damaged length must not draw a whole file into memory;
  /// Redis itself keeps strings to 512 MiB (proto-max-bulk-len) and listpacks to 1 GiB.
  static constexpr std::uint64_t longest_held = std::uint64_t{1} << 30U;

  explicit Cursor(Chunks& chunks) : chunks_(chunks) {}
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  bool failed() const { return failed_; }
  /// What went wrong first, and where; empty while nothing has.
  const std::string& fault() const { return fault_; }
  std::uint64_t fault_offset() const { return fault_offset_; }
  /// Ends the reading: what stands at `offset` cannot be right.
  void fail(std::string_view what, std::uint64_t offset);
  void fail(std::string_view what) { fail(what, offset()); }

  std::uint64_t offset() const { return end_offset_ - static_cast<std::uint64_t>(end_ - at_); }
  /// CRC64 of everything before offset(). Needs: the last read took exactly what it asked for.
  std::uint64_t crc_here() const;
  /// True when no byte is left. Waits for the input.
  bool at_end();

  /// `count` bytes in one piece, at most `longest_held`. Empty after a failure. Grows by what arrives, never
  /// by what was declared.
  std::string_view take(std::size_t count) {
    const std::string_view view = peek(count);
    at_ += view.size();
    return view;
  }
  /// The same without moving on.
  std::string_view peek(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count && !gather(count)) return {};
    return {at_, count};
  }
  /// The next bytes, when `count` of them lie here in one piece; null otherwise, also at the end. For readers
  /// that look at several things at once and then skip() what they used.
  const char* lying(std::size_t count) const {
    return static_cast<std::size_t>(end_ - at_) >= count ? at_ : nullptr;
  }
  void skip(std::uint64_t count) {
    if (static_cast<std::uint64_t>(end_ - at_) >= count)
      at_ += count;
    else
      skip_far(count);
  }

  std::uint8_t byte() {
    if (at_ == end_ && !gather(1)) return 0;
    return static_cast<std::uint8_t>(*at_++);
  }
  /// Little-endian numbers.
  template <class Number>
  Number little() {
    const auto view = take(sizeof(Number));
    Number number{};
    if (view.size() == sizeof(Number)) std::memcpy(&number, view.data(), sizeof(Number));
    return number;  // the machines this runs on are little-endian (asserted in cursor.cpp)
  }
  std::uint64_t big(std::size_t bytes) {
    std::uint64_t number = 0;
    for (const char c : take(bytes)) number = number << 8U | static_cast<std::uint8_t>(c);
    return number;
  }

 private:
  bool gather(std::size_t count);
  bool join_with_next(std::size_t rest);
  bool next_chunk();
  void assemble(std::size_t count);
  void skip_far(std::uint64_t count);

  Chunks& chunks_;
  const Chunk* chunk_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t end_offset_ = 0;  ///< of end_ in the snapshot
  // While something larger than a chunk lies in `side_`, the rest of the chunk waits here.
  std::vector<char> side_{};
  const char* waiting_ = nullptr;
  bool failed_ = false;
  std::string fault_{};
  std::uint64_t fault_offset_ = 0;
};

}  // namespace headroom::source::rdb
