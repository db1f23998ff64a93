#include "base/little_endian.h"
#include "source/rdb/packed.h"

// A zipmap: one byte of pairs (254: unknown), then of each pair: length, field, length, free bytes
// (one byte), value, and that many bytes of no meaning; 0xff. A length: 1 byte below 254, or 254 and u32.
// Before Redis 2.6.
namespace headroom::source::rdb {

void PackedReader::begin_zipmap() {
  if (!have(1)) return;
  if (byte() != 254) announced_ = std::uint64_t{2} * byte();
  at_ = 1;
}

// The length at the front; nothing when the walk ended there. Leaves it to be passed.
std::optional<std::uint64_t> PackedReader::zipmap_length() {
  if (!have(1)) return std::nullopt;
  if (byte() < 254) return byte();
  if (byte() == 255) return damage("a field has no value"), std::nullopt;
  if (!have(5)) return std::nullopt;
  return little_endian<std::uint32_t>(bytes_.data() + at_ + 1);
}

PackedReader::Step PackedReader::next_zipmap(PackedItem& item) {
  const bool is_value = items_ % 2 == 1;
  if (!is_value) {
    if (!have(before_)) return *stopped_;
    at_ += before_;
    before_ = 0;
    if (!have(1)) return *stopped_;
    if (byte() == 0xff) return end_at_mark();
  }
  const auto length = zipmap_length();
  if (!length) return *stopped_;
  const unsigned size = byte() == 254 ? 5 : 1;
  if (!is_value) return give_text(item, size, *length);
  if (!have(size + 1)) return *stopped_;
  before_ = byte(size);
  return give_text(item, size + 1, *length);
}

}  // namespace headroom::source::rdb
