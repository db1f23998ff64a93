#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "source/rdb/input.h"

/// A snapshot's bytes in pieces that the decoder works through, with the checksum taken where they pass by.
namespace headroom::source::rdb {

/// One piece. `headroom` bytes in front of `data` are free: the decoder puts there what was left of the piece
/// before, so that what spans two pieces lies in one.
struct Chunk {
  static constexpr std::size_t headroom = 64 * 1024;
  char* data = nullptr;
  std::size_t size = 0;
  std::uint64_t offset = 0;      ///< of data[0] in the snapshot
  std::uint64_t crc_before = 0;  ///< CRC64 of everything before data[0]
};

/// Hands out the pieces in order. One thread takes them; what was handed out is gone with the next call.
class Chunks {
 public:
  virtual ~Chunks() = default;
  /// Null: the end, or an error; see error().
  virtual const Chunk* next() = 0;
  virtual const std::optional<Error>& error() const = 0;
};

/// Reads when asked, in pieces of `size` bytes. For tests (one byte at a time) and small files.
std::unique_ptr<Chunks> stepped_chunks(Input& input, std::size_t size);

/// Reads and takes the checksum in a thread of its own, at most fourteen pieces of 128 KiB ahead. The
/// destructor waits for a read that is under way, but not for one that has nothing to read yet. `input` must
/// outlive it and is used by that thread alone.
std::unique_ptr<Chunks> read_ahead(Input& input);

}  // namespace headroom::source::rdb
