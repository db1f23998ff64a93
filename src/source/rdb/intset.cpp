#include "base/little_endian.h"
#include "source/rdb/packed.h"

// An intset: u32 width of an item (2, 4, 8), u32 items, the items in rising order.
namespace headroom::source::rdb {
namespace {

constexpr std::uint64_t header_bytes = 8;

}  // namespace

void PackedReader::begin_intset() {
  if (!have(header_bytes)) return;
  width_ = little_endian<std::uint32_t>(bytes_.data());
  const std::uint64_t count = little_endian<std::uint32_t>(bytes_.data() + 4);
  if (width_ != 2 && width_ != 4 && width_ != 8) {
    damage("its items have an impossible width");
  } else if (header_bytes + count * width_ != whole_) {
    damage("its header announces another count");
  } else {
    announced_ = count;
    at_ = header_bytes;
  }
}

PackedReader::Step PackedReader::next_intset(PackedItem& item) {
  if (at_ == whole_) return *(stopped_ = Step::end);
  const std::uint64_t begin = at_;
  if (const Step step = give_integer(item, 0, width_); step != Step::item) return step;
  if (items_ > 1 && item.number <= smaller_) {
    --items_;  // the caller does not get it
    return damage("its items are not in order", begin);
  }
  smaller_ = item.number;
  return Step::item;
}

}  // namespace headroom::source::rdb
