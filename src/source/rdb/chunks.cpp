#include "source/rdb/chunks.h"

#include <array>
#include <atomic>
#include <thread>

#include "base/crc64.h"
#include "source/rdb/handoff.h"

namespace headroom::source::rdb {
namespace {

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

class SteppedChunks final : public Chunks {
 public:
  SteppedChunks(Input& input, std::size_t size) : input_(input), buffers_{Buffer(size), Buffer(size)} {}

  const Chunk* next() override {
    if (error_) return nullptr;
    // Two buffers take turns: the decoder copies the rest of one into the other.
    turn_ = 1 - turn_;
    const auto filled = buffers_[turn_].fill(input_, position_.offset, position_.crc);
    if (!filled) return error_ = filled.error(), nullptr;
    if (filled->size == 0) return nullptr;
    chunk_ = *filled;
    position_.pass(chunk_);
    return &chunk_;
  }
  const std::optional<Error>& error() const override { return error_; }

 private:
  Input& input_;
  std::array<Buffer, 2> buffers_;
  std::size_t turn_ = 0;
  Position position_{};
  Chunk chunk_{};
  std::optional<Error> error_{};
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

/// A buffer and what it holds.
struct Piece {
  static constexpr std::size_t size = 128 * 1024;
  Buffer buffer{size};
  Chunk chunk{};
};

class ReadAhead final : public Chunks {
 public:
  explicit ReadAhead(Input& input) : input_(input), reader_([this] { read_all(); }) {}
  ~ReadAhead() override {
    input_.left = true;
    pieces_.leave();
    reader_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  const Chunk* next() override {
    const Piece* piece = ended_ ? nullptr : pieces_.take();
    ended_ = piece == nullptr;
    return ended_ ? nullptr : &piece->chunk;
  }
  /// Set once next() has returned null.
  const std::optional<Error>& error() const override { return ended_ ? error_ : none_; }

 private:
  void read_all() {
    Position position;
    while (Piece* piece = pieces_.room()) {
      const auto chunk = piece->buffer.fill(input_, position.offset, position.crc);
      if (!chunk) error_ = chunk.error();
      if (!chunk || chunk->size == 0) break;
      piece->chunk = *chunk;
      position.pass(*chunk);
      pieces_.publish();
    }
    pieces_.close();
  }

  LeavableInput input_;
  // Two are held: the rest of one is copied in front of the next.
  Handoff<Piece, 16, 2> pieces_{};
  bool ended_ = false;
  const std::optional<Error> none_{};
  std::optional<Error> error_{};  ///< written by the reader before it closes
  std::thread reader_;
};

}  // namespace

std::unique_ptr<Chunks> stepped_chunks(Input& input, std::size_t size) {
  return std::make_unique<SteppedChunks>(input, size);
}

std::unique_ptr<Chunks> read_ahead(Input& input) { return std::make_unique<ReadAhead>(input); }

}  // namespace headroom::source::rdb
