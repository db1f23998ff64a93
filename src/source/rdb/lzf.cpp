#include "source/rdb/lzf.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace headroom::source::rdb {
namespace {

// A packed text is a row of orders. 000lllll: the next l+1 bytes as they are. lllooooo [L] O: l+2 bytes (when
// l is 7: 7+L+2) from o*256+O+1 bytes back in what is unpacked already; they may overlap what they make.
struct Unpacking {
  const char* in;
  const char* in_end;
  char* out;
  char* out_begin;
  char* out_end;

  std::size_t in_left() const { return static_cast<std::size_t>(in_end - in); }
  std::size_t out_left() const { return static_cast<std::size_t>(out_end - out); }
};

// Bytes that a copy may write beyond its end when so many are free: whole words are faster than exact
// lengths. Those bytes are overwritten by what follows.
constexpr std::size_t word = 16;

// Words of `size` bytes. Needs: `to` and `from` are `size` or more apart, so that no word reads what it
// writes.
template <std::size_t size>
void copy_words(char* to, const char* from, std::size_t length) {
  for (std::size_t done = 0; done < length; done += size) std::memcpy(to + done, from + done, size);
}

// Repeats the `distance` bytes before `to`. Needs: `length` bytes and a word of room there.
void repeat_fast(char* to, std::size_t distance, std::size_t length) {
  if (distance >= word) return copy_words<word>(to, to - distance, length);
  if (distance == 1) return static_cast<void>(std::memset(to, to[-1], length));
  // Words that overlap would read bytes not made yet. Any multiple of the distance repeats the same bytes;
  // once one of 8 or more stands there, words of 8 can be taken from that far back.
  std::size_t back = distance;
  std::size_t made = 0;
  while (back < 8) back += distance;
  for (; made < std::min(length, back - distance); ++made) to[made] = *(to + made - distance);
  if (made < length) copy_words<8>(to + made, to + made - back, length - made);
}

void repeat_exact(char* to, std::size_t distance, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) to[i] = *(to + i - distance);
}

// One order. False: damaged. `at` may be left full in the middle of an order. Inlined, or the five places
// would be written to memory and read back with every order.
[[gnu::always_inline]] inline bool obey(Unpacking& at) {
  const auto order = static_cast<unsigned char>(*at.in++);
  if (order < 32) {
    const std::size_t length = order + std::size_t{1};
    if (at.in_left() >= 32 && at.out_left() >= 32) {
      std::memcpy(at.out, at.in, 32);  // never more than 32: in one go
      at.in += length, at.out += length;
      return true;
    }
    const std::size_t there = std::min({length, at.in_left(), at.out_left()});
    std::copy_n(at.in, there, at.out);
    at.in += there, at.out += there;
    return there == length;
  }
  std::size_t length = (order >> 5) + std::size_t{2};
  if (order >= 0xe0) {
    if (at.in == at.in_end) return false;
    length += static_cast<unsigned char>(*at.in++);
  }
  if (at.in == at.in_end) return false;
  const std::size_t distance = (order & 0x1fU) * std::size_t{256} + static_cast<unsigned char>(*at.in++) + 1;
  if (distance > static_cast<std::size_t>(at.out - at.out_begin)) return false;
  if (distance >= word && length <= 2 * word && at.out_left() >= 2 * word) {  // nearly always
    const char* const from = at.out - distance;
    std::memcpy(at.out, from, word);
    std::memcpy(at.out + word, from + word, word);
    at.out += length;
    return true;
  }
  if (at.out_left() >= length + word) {
    repeat_fast(at.out, distance, length);
    at.out += length;
    return true;
  }
  const std::size_t there = std::min(length, at.out_left());
  repeat_exact(at.out, distance, there);
  at.out += there;
  return there == length;
}

}  // namespace

bool lzf_expand(std::string_view packed, std::span<char> out) {
  Unpacking at{packed.data(), packed.data() + packed.size(), out.data(), out.data(), out.data() + out.size()};
  while (at.in != at.in_end) {
    if (!obey(at)) return false;
  }
  return at.out == at.out_end;
}

std::size_t lzf_expand_front(std::string_view packed, std::span<char> out) {
  Unpacking at{packed.data(), packed.data() + packed.size(), out.data(), out.data(), out.data() + out.size()};
  while (at.in != at.in_end && at.out != at.out_end) {
    if (!obey(at)) break;
  }
  return static_cast<std::size_t>(at.out - at.out_begin);
}

std::uint64_t lzf_length(std::string_view packed) {
  std::uint64_t length = 0;
  for (std::size_t at = 0; at < packed.size();) {
    const auto order = static_cast<unsigned char>(packed[at]);
    if (order < 32) {
      length += order + std::uint64_t{1};
      at += order + std::size_t{2};
    } else {
      const bool is_long = order >= 0xe0 && at + 1 < packed.size();
      length += (order >> 5U) + std::uint64_t{2};
      length += is_long ? static_cast<unsigned char>(packed[at + 1]) : 0U;
      at += order >= 0xe0 ? 3 : 2;
    }
  }
  return length;
}

}  // namespace headroom::source::rdb
