#include "source/rdb/unpacking_input.h"

#include <zlib.h>
#include <zstd.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace headroom::source::rdb {
namespace {

constexpr std::size_t packed_piece = 256 * 1024;

/// What both unpackers do alike: they ask for packed bytes and give unpacked ones.
class UnpackingInput : public Input {
 public:
  UnpackingInput(std::unique_ptr<Input> packed, std::string where)
      : packed_(std::move(packed)), where_(std::move(where)), piece_(packed_piece) {}
  std::uint64_t size() const override { return packed_->size(); }
  bool changed() const override { return packed_->changed(); }
  bool ready(std::chrono::milliseconds patience) override {
    return !left_.empty() || ended_ || packed_->ready(patience);
  }

  Result<std::size_t> read(std::span<char> room) override {
    // An unpacker that has failed might go on with nonsense: the first error is the last answer.
    if (failed_) return fail(*failed_);
    while (true) {
      if (left_.empty() && !ended_)
        if (const auto more = refill(); !more) return fail(more.error());
      const bool over = left_.empty() && ended_;
      if (over && !begun_) return 0;
      const auto made = unpack(room);
      if (!made || *made > 0) return made;
      if (over && begun_) return fail(damaged("it ends too early"));
    }
  }

 protected:
  /// Unpacks from left_ into `room`; takes from the front of left_ what it used.
  virtual Result<std::size_t> unpack(std::span<char> room) = 0;
  Result<bool> refill() {
    const auto got = packed_->read(piece_);
    if (!got) return fail(got.error());
    left_ = {piece_.data(), *got};
    ended_ = *got == 0;
    return true;
  }
  Error damaged(std::string_view why) {
    failed_ = Error{fmt::format("the packed file is damaged: {}", why), where_,
                    "unpack it with gzip -t or zstd -t, which say more", Exit::partial};
    return *failed_;
  }

  std::unique_ptr<Input> packed_;
  std::string where_;
  std::vector<char> piece_;
  std::span<char> left_{};
  bool ended_ = false;
  bool begun_ = false;  ///< inside a packed piece: it must not end here
  std::optional<Error> failed_{};
};

class GzipInput final : public UnpackingInput {
 public:
  GzipInput(std::unique_ptr<Input> packed, std::string where)
      : UnpackingInput(std::move(packed), std::move(where)) {
    constexpr int gzip_alone = 16;
    sound_ = ::inflateInit2(&stream_, gzip_alone + MAX_WBITS) == Z_OK;
  }
  ~GzipInput() override { ::inflateEnd(&stream_); }
  GzipInput(const GzipInput&) = delete;
  GzipInput& operator=(const GzipInput&) = delete;

 private:
  Result<std::size_t> unpack(std::span<char> room) override {
    if (!sound_) return fail(damaged("gzip cannot be started"));
    begun_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(left_.data());  // NOLINT: zlib counts in unsigned char
    stream_.avail_in = static_cast<uInt>(left_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());  // NOLINT
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), 1U << 30U));
    const auto before = stream_.avail_out;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    left_ = left_.last(stream_.avail_in);
    if (status == Z_STREAM_END) {
      begun_ = false;
      sound_ = ::inflateReset(&stream_) == Z_OK;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return fail(damaged(stream_.msg != nullptr ? stream_.msg : "gzip does not understand it"));
    }
    return static_cast<std::size_t>(before - stream_.avail_out);
  }

  z_stream stream_{};
  bool sound_ = false;
};

class ZstdInput final : public UnpackingInput {
 public:
  ZstdInput(std::unique_ptr<Input> packed, std::string where)
      : UnpackingInput(std::move(packed), std::move(where)), stream_(::ZSTD_createDStream()) {}
  ~ZstdInput() override { ::ZSTD_freeDStream(stream_); }
  ZstdInput(const ZstdInput&) = delete;
  ZstdInput& operator=(const ZstdInput&) = delete;

 private:
  Result<std::size_t> unpack(std::span<char> room) override {
    ZSTD_inBuffer in{left_.data(), left_.size(), 0};
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    const auto hint = ::ZSTD_decompressStream(stream_, &out, &in);
    left_ = left_.subspan(in.pos);
    if (::ZSTD_isError(hint) != 0) return fail(damaged(::ZSTD_getErrorName(hint)));
    begun_ = hint != 0;
    return out.pos;
  }

  ZSTD_DStream* stream_;
};

}  // namespace

std::unique_ptr<Input> gzip_input(std::unique_ptr<Input> packed, std::string where) {
  return std::make_unique<GzipInput>(std::move(packed), std::move(where));
}

std::unique_ptr<Input> zstd_input(std::unique_ptr<Input> packed, std::string where) {
  return std::make_unique<ZstdInput>(std::move(packed), std::move(where));
}

}  // namespace headroom::source::rdb
