#include "source/rdb/chunks.h"

#include <array>
#include <thread>

#include "source/rdb/piece_ring.h"

namespace headroom::source::rdb {
namespace {

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

class ReadAhead final : public Chunks {
 public:
  explicit ReadAhead(Input& input)
      : ring_(input), reader_([this] { ring_.read_all([](const Nothing&) {}); }) {}
  ~ReadAhead() override {
    ring_.leave();
    reader_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  const Chunk* next() override { return ring_.next(); }
  const std::optional<Error>& error() const override { return ring_.error(); }

 private:
  struct Nothing {};
  PieceRing<Nothing> ring_;
  std::thread reader_;
};

}  // namespace

std::unique_ptr<Chunks> stepped_chunks(Input& input, std::size_t size) {
  return std::make_unique<SteppedChunks>(input, size);
}

std::unique_ptr<Chunks> read_ahead(Input& input) { return std::make_unique<ReadAhead>(input); }

}  // namespace headroom::source::rdb
