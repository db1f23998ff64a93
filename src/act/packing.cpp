#include "act/packing.h"

#include <zstd.h>

#include <new>

namespace headroom::act {
namespace {

struct FreeState {
  void operator()(ZSTD_CCtx* state) const { ZSTD_freeCCtx(state); }
  void operator()(ZSTD_DCtx* state) const { ZSTD_freeDCtx(state); }
};

}  // namespace

struct Packer::State {
  std::unique_ptr<ZSTD_CCtx, FreeState> zstd{ZSTD_createCCtx()};
};

Packer::Packer() : state_(std::make_unique<State>()) {
  if (!state_->zstd) throw std::bad_alloc();
}
Packer::Packer(Packer&&) noexcept = default;
Packer& Packer::operator=(Packer&&) noexcept = default;
Packer::~Packer() = default;

void Packer::pack(std::string_view bytes, std::string& out) {
  const auto start = out.size();
  out.resize(start + ZSTD_compressBound(bytes.size()));
  const auto size = ZSTD_compressCCtx(state_->zstd.get(), out.data() + start, out.size() - start,
                                      bytes.data(), bytes.size(), 1);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // the only reason left with room for the worst case
  out.resize(start + size);
}

bool unpack(std::string_view packed, std::uint64_t length, std::string& out) {
  out.clear();
  if (length > most_unpacked) return false;
  const std::unique_ptr<ZSTD_DCtx, FreeState> zstd(ZSTD_createDCtx());
  if (!zstd) throw std::bad_alloc();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  for (std::size_t left = 1; left != 0;) {
    const auto there = out.size(), more = ZSTD_DStreamOutSize();
    if (there > length) return false;
    out.resize(there + more);
    ZSTD_outBuffer room{out.data() + there, more, 0};
    left = ZSTD_decompressStream(zstd.get(), &room, &in);
    out.resize(there + room.pos);
    if (ZSTD_isError(left) != 0) return false;
    if (left != 0 && room.pos < more && in.pos == in.size) return false;  // cut
  }
  return in.pos == in.size && out.size() == length;
}

}  // namespace headroom::act
