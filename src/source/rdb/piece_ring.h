#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/crc64.h"
#include "base/result.h"
#include "source/rdb/chunks.h"
#include "source/rdb/handoff.h"
#include "source/rdb/input.h"

namespace headroom::source::rdb {

/// Room for one chunk, filled again and again.
class Buffer {
 public:
  explicit Buffer(std::size_t size) : bytes_(new char[Chunk::headroom + size]), size_(size) {}

  /// Fills itself as far as the input gives; a chunk of size 0 is the end.
  Result<Chunk> fill(Input& input, std::uint64_t offset, std::uint64_t crc) {
    Chunk chunk{bytes_.get() + Chunk::headroom, 0, offset, crc};
    while (chunk.size < size_) {
      const auto got = input.read({chunk.data + chunk.size, size_ - chunk.size});
      // What came before an error is still true: it is handed out first, and the error comes again.
      if (!got && chunk.size == 0) return fail(got.error());
      if (!got || *got == 0) break;
      chunk.size += *got;
    }
    return chunk;
  }
  bool holds(std::string_view bytes) const {
    return bytes.data() >= bytes_.get() && bytes.data() < bytes_.get() + Chunk::headroom + size_;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// What both kinds keep between two pieces.
struct Position {
  std::uint64_t offset = 0, crc = 0;
  void pass(const Chunk& chunk) {
    offset += chunk.size;
    crc = crc64(crc, {chunk.data, chunk.size});
  }
};

/// Stops waiting when its reader is to leave.
class LeavableInput final : public Input {
 public:
  explicit LeavableInput(Input& input) : input_(input) {}
  Result<std::size_t> read(std::span<char> room) override {
    while (!left && !input_.ready(std::chrono::milliseconds(50))) {
    }
    if (left) return fail({"nobody reads on", "", "", Exit::partial});
    return input_.read(room);
  }
  std::atomic<bool> left = false;

 private:
  Input& input_;
};

/// A buffer, what it holds, and room for what the decoder makes of it.
template <class Load>
struct Piece {
  static constexpr std::size_t size = 128 * 1024;
  Buffer buffer{size};
  Chunk chunk{};
  Load load{};
};

/// Pieces that go round between the thread that reads and takes the checksum and the one that decodes, at
/// most fourteen of 128 KiB ahead. What the decoder makes of a piece it leaves in the `load`, where the
/// reader finds it when the piece comes back; it may point into the piece itself. Borrows the input, of which
/// the reader alone makes use.
template <class Load>
class PieceRing final : public Chunks {
 public:
  explicit PieceRing(Input& input) : input_(input) {}

  // --- the decoder's thread
  const Chunk* next() override {
    Piece<Load>* const piece = ended_ ? nullptr : pieces_.take();
    ended_ = piece == nullptr;
    if (ended_) return nullptr;
    at_ = piece;
    return &piece->chunk;
  }
  /// Set once next() has returned null.
  const std::optional<Error>& error() const override { return ended_ ? error_ : none_; }
  /// The load of the piece that next() gave last. Needs: it gave one.
  Load& load() { return at_->load; }
  /// Whether `bytes` stay where they are until the load of this piece is looked at.
  bool keeps(std::string_view bytes) const { return at_->buffer.holds(bytes); }
  /// Wants nothing more: a reader that waits for its input gives up.
  void leave() {
    input_.left = true;
    pieces_.leave();
  }

  // --- the reader's thread
  /// Fills one piece after another, until the input ends or nobody wants more. `look` is called with the load
  /// of each piece that the decoder is through with, in order, before it is filled again.
  template <class Look>
  void read_all(Look look) {
    while (Piece<Load>* const piece = pieces_.room()) {
      look(piece->load);
      if (!fill(*piece)) break;
      pieces_.publish();
    }
    pieces_.close();
  }
  /// Once the decoder's thread has ended: the loads that did not come back.
  template <class Look>
  void look_at_rest(Look look) {
    pieces_.each([&](Piece<Load>& piece) { look(piece.load); });
  }

 private:
  bool fill(Piece<Load>& piece) {
    const auto chunk = piece.buffer.fill(input_, position_.offset, position_.crc);
    if (!chunk) error_ = chunk.error();
    if (!chunk || chunk->size == 0) return false;
    piece.chunk = *chunk;
    position_.pass(*chunk);
    return true;
  }

  LeavableInput input_;
  // Two are held: the rest of one is copied in front of the next.
  Handoff<Piece<Load>, 16, 2> pieces_{};
  Position position_{};
  Piece<Load>* at_ = nullptr;
  bool ended_ = false;
  const std::optional<Error> none_{};
  std::optional<Error> error_{};  ///< written by the reader before it closes
};

}  // namespace headroom::source::rdb
