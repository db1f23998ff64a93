#include <algorithm>

#include "base/little_endian.h"
#include "source/rdb/number_text.h"
#include "source/rdb/packed.h"

// A listpack: u32 bytes in all, u16 items (65535: unknown), items, 0xff. An item: header, body, back length.
// The back length is the bytes of header and body in groups of 7 bits, highest first; all but the first byte
// have the top bit, so that it can be read backwards.
namespace headroom::source::rdb {
namespace {

constexpr std::uint64_t header_bytes = 6;

bool are_digits(std::uint64_t bytes) {
  constexpr std::uint64_t high = 0xf0f0f0f0f0f0f0f0, zeros = 0x3030303030303030, six = 0x0606060606060606;
  return (bytes & high) == zeros && ((bytes + six) & high) == zeros;
}
/// Needs: 8 to 24 bytes. Words of 8, which may overlap.
bool all_digits(std::string_view text) {
  const auto word = [&](std::size_t at) { return little_endian<std::uint64_t>(text.data() + at); };
  const auto last = text.size() - 8;
  return are_digits(word(0)) && are_digits(word(std::min<std::size_t>(last, 8))) && are_digits(word(last));
}

}  // namespace

void PackedReader::begin_listpack() {
  if (!have(header_bytes)) return;
  if (little_endian<std::uint32_t>(bytes_.data()) != whole_) {
    damage("its header announces another length");
    return;
  }
  const auto count = little_endian<std::uint16_t>(bytes_.data() + 4);
  if (count != 65535) announced_ = count;
  at_ = header_bytes;
}

// Passes the back length of the item before. It must be the bytes that Redis would write.
bool PackedReader::pass_back_length() {
  const unsigned size = bytes_of_back_length(before_);
  if (!have(size)) return false;
  for (unsigned i = 0; i < size; ++i) {
    const auto bits = static_cast<unsigned>(before_ >> 7 * (size - 1 - i)) & 0x7f;
    if (byte(i) != (bits | (i == 0 ? 0U : 0x80U)))
      return damage("a length and its back length differ"), false;
  }
  at_ += size;
  return true;
}

PackedReader::Step PackedReader::next_listpack(PackedItem& item) {
  if (items_ > 0 && !pass_back_length()) return *stopped_;
  if (!have(1)) return *stopped_;
  const std::uint64_t begin = at_;
  const unsigned first = byte();
  Step step = Step::damaged;
  if (first < 0x80) {
    step = give_number(item, 1, first);
  } else if (first < 0xc0) {
    step = give_text(item, 1, first & 0x3f);
  } else if (first < 0xf0) {
    if (!have(2)) return *stopped_;
    if (first < 0xe0) {
      const int value = static_cast<int>((first & 0x1f) << 8 | byte(1));
      step = give_number(item, 2, value < 4096 ? value : value - 8192);
    } else {
      step = give_text(item, 2, (first & 0x0f) << 8 | byte(1));
    }
  } else {
    switch (first) {
      case 0xf0:
        if (!have(5)) return *stopped_;
        step = give_text(item, 5, little_endian<std::uint32_t>(bytes_.data() + at_ + 1));
        break;
      case 0xf1:
        step = give_integer(item, 1, 2);
        break;
      case 0xf2:
        step = give_integer(item, 1, 3);
        break;
      case 0xf3:
        step = give_integer(item, 1, 4);
        break;
      case 0xf4:
        step = give_integer(item, 1, 8);
        break;
      case 0xff:
        return end_at_mark();
      default:
        return damage("an item of no known kind");
    }
  }
  before_ = at_ - begin;
  return step;
}

std::uint64_t listpack_bytes_of_number(std::string_view element) {
  // Times in milliseconds, above all: longer than any number of 32 bits, shorter than one that may not fit
  // 64.
  if (element.size() > 10 && element.size() < 19 && element.front() > '0')
    return all_digits(element) ? 10 : listpack_bytes_of_text(element.size());
  if (const auto number = canonical_integer(element)) return listpack_bytes(*number);
  return listpack_bytes_of_text(element.size());
}

std::uint64_t listpack_bytes(std::int64_t element) {
  // Everything is as wide as the number needs; the back length is one byte. Unsigned, -n-1 has as many bits
  // as n.
  const auto bits = static_cast<std::uint64_t>(element < 0 ? -(element + 1) : element);
  if (element >= 0 && bits < 128) return 2;
  if (bits < 1U << 12) return 3;
  if (bits < 1U << 15) return 4;
  if (bits < 1U << 23) return 5;
  if (bits < 1U << 31) return 6;
  return 10;
}

}  // namespace headroom::source::rdb
