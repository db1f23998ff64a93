#include "base/little_endian.h"
#include "source/rdb/packed.h"

// A ziplist: u32 bytes in all, u32 offset of the last item, u16 items (65535: unknown), items, 0xff. An item:
// the bytes of the item before (1 byte, or 0xfe and u32), header, body. Before Redis 7.
namespace headroom::source::rdb {
namespace {

constexpr std::uint64_t header_bytes = 10;

// Body of an integer with header `first`; 0: it is none.
unsigned width_of(unsigned first) {
  switch (first) {
    case 0xfe:
      return 1;
    case 0xc0:
      return 2;
    case 0xf0:
      return 3;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    default:
      return 0;
  }
}

}  // namespace

void PackedReader::begin_ziplist() {
  if (!have(header_bytes)) return;
  if (little_endian<std::uint32_t>(bytes_.data()) != whole_) {
    damage("its header announces another length");
    return;
  }
  tail_ = little_endian<std::uint32_t>(bytes_.data() + 4);
  const auto count = little_endian<std::uint16_t>(bytes_.data() + 8);
  if (count != 65535) announced_ = count;
  at_ = header_bytes;
}

// Passes the length of the item before. It may take 5 bytes where 1 would do: Redis does not shrink it.
bool PackedReader::pass_previous_length() {
  const unsigned size = byte() == 0xfe ? 5 : 1;
  if (!have(size)) return false;
  const std::uint64_t length = size == 1 ? byte() : little_endian<std::uint32_t>(bytes_.data() + at_ + 1);
  if (length != before_) return damage("a length and its back length differ"), false;
  at_ += size;
  return true;
}

PackedReader::Step PackedReader::next_ziplist(PackedItem& item) {
  if (!have(1)) return *stopped_;
  if (byte() == 0xff) {
    if (items_ > 0 && last_ != tail_) return damage("its header points to another last item", 4);
    return end_at_mark();
  }
  const std::uint64_t begin = at_;
  if (!pass_previous_length() || !have(1)) return *stopped_;
  const unsigned first = byte();
  Step step = Step::damaged;
  if (first < 0x40) {
    step = give_text(item, 1, first);
  } else if (first < 0x80) {
    if (!have(2)) return *stopped_;
    step = give_text(item, 2, (first & 0x3f) << 8 | byte(1));
  } else if (first < 0xc0) {  // big-endian, alone among all lengths here
    if (!have(5)) return *stopped_;
    step = give_text(item, 5, std::uint64_t{byte(1)} << 24 | byte(2) << 16 | byte(3) << 8 | byte(4));
  } else if (first > 0xf0 && first < 0xfe) {
    step = give_number(item, 1, first - 0xf1);
  } else if (const unsigned width = width_of(first); width > 0) {
    step = give_integer(item, 1, width);
  } else {
    return damage("an item of no known kind");
  }
  before_ = at_ - begin;
  last_ = begin;
  return step;
}

}  // namespace headroom::source::rdb
