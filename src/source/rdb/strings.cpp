#include "source/rdb/strings.h"

#include <algorithm>
#include <charconv>

#include "source/rdb/lzf.h"
#include "source/rdb/number_text.h"

namespace headroom::source::rdb {
namespace {

// The best that LZF can do is 264 bytes out of 3; whatever claims more is a bomb (F03).
constexpr std::uint64_t most_expansion = 89;
constexpr std::size_t longest_number = 20;

/// False, and the cursor has failed: so much must not be allocated on the word of the file.
bool may_unpack(Cursor& in, std::string_view packed, std::uint64_t length, std::uint64_t at) {
  if (length > Cursor::longest_held) in.fail("a string is longer than any that Redis keeps", at);
  if (!lzf_may_give(packed, length)) in.fail(damaged_string, at);
  return !in.failed();
}

std::string_view text_of(std::int64_t number, std::string& scratch) {
  scratch.resize(24);
  const auto* end = std::to_chars(scratch.data(), scratch.data() + scratch.size(), number).ptr;
  scratch.resize(static_cast<std::size_t>(end - scratch.data()));
  return scratch;
}

StringHead number_head(std::int64_t number) {
  return {StringHead::Kind::number, digits_of(number), 0, number};
}

StringHead compressed_head(Cursor& in) {
  const auto at = in.offset();
  StringHead head{StringHead::Kind::compressed, 0, 0, 0};
  head.stored = read_count(in);
  head.length = read_count(in);
  if (head.stored == 0 || head.length / most_expansion > head.stored) {
    in.fail("a compressed string claims to be longer than it can be", at);
    return {};
  }
  return head;
}

}  // namespace

Length read_length_slowly(Cursor& in, std::uint8_t first) {
  switch (first >> 6U) {
    case 0:
      return {first, false};
    case 1:
      return {static_cast<std::uint64_t>(first & 0x3fU) << 8U | in.byte(), false};
    case 3:
      return {static_cast<std::uint64_t>(first & 0x3fU), true};
    default:
      break;
  }
  if (first == 0x80) return {in.big(4), false};
  if (first == 0x81) return {in.big(8), false};
  in.fail("no length begins with this byte", in.offset() - 1);
  return {};
}

std::uint64_t read_count(Cursor& in) {
  const auto length = read_length(in);
  if (!length.special) return length.value;
  in.fail("a string encoding stands where a length must be", in.offset() - 1);
  return 0;
}

StringHead read_special_head(Cursor& in, const Length& length) {
  switch (length.value) {
    case 0:
      return number_head(in.little<std::int8_t>());
    case 1:
      return number_head(in.little<std::int16_t>());
    case 2:
      return number_head(in.little<std::int32_t>());
    case 3:
      return compressed_head(in);
    default:
      in.fail("an unknown string encoding", in.offset() - 1);
      return {};
  }
}

std::string_view read_body(Cursor& in, const StringHead& head, std::string& scratch) {
  if (head.kind == StringHead::Kind::plain) return in.take(head.stored);
  if (head.kind == StringHead::Kind::number) return text_of(head.number, scratch);
  const auto at = in.offset();
  const auto packed = in.take(head.stored);
  if (!may_unpack(in, packed, head.length, at)) return {};
  scratch.resize(head.length);
  if (lzf_expand(packed, {scratch.data(), scratch.size()})) return scratch;
  in.fail(damaged_string, at);
  return {};
}

void read_string(Cursor& in, std::string& out) {
  const auto head = read_string_head(in);
  if (head.kind == StringHead::Kind::plain)
    out.assign(in.take(head.stored));
  else
    read_body(in, head, out);
  if (in.failed()) out.clear();
}

std::string_view peek_beginning(Cursor& in, const StringHead& head, std::size_t wanted,
                                std::string& scratch) {
  if (head.kind == StringHead::Kind::number) return text_of(head.number, scratch).substr(0, wanted);
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(head.length, wanted));
  if (head.kind == StringHead::Kind::plain) return in.peek(length);
  // A literal run gives 32 bytes for 33, so this many packed bytes hold the beginning, if it is there at all.
  const auto few = length > Cursor::longest_held ? head.stored : 2 * std::uint64_t{length} + 8;
  const auto packed = in.peek(static_cast<std::size_t>(std::min(head.stored, few)));
  if (!may_unpack(in, packed, length, in.offset())) return {};
  scratch.resize(length);
  if (lzf_expand_front(packed, {scratch.data(), length}) == length) return scratch;
  in.fail(damaged_string);
  return {};
}

std::uint64_t stored_at(const char* at) {
  const auto byte = [&](std::size_t place) { return static_cast<std::uint64_t>(at[place] & 0xff); };
  const auto pair = [&](std::size_t place) { return (byte(place) & 0x3fU) << 8U | byte(place + 1); };
  const auto first = byte(0);
  if (first < 0x40) return 1 + first;
  if (first < 0x80) return 2 + pair(0);
  switch (first) {
    case 0xc0:
      return 2;
    case 0xc1:
      return 3;
    case 0xc2:
      return 5;
    case 0xc3: {  // compressed: both lengths, then as many bytes as the first says
      const bool one = byte(1) < 0x40;
      const auto second = byte(one ? 2 : 3);
      if (byte(1) >= 0x80 || second >= 0x80) return 0;
      return (one ? 2 + byte(1) : 3 + pair(1)) + (second < 0x40 ? 1U : 2U);
    }
    default:
      return 0;
  }
}

Part skip_part_slowly(Cursor& in) {
  const auto head = read_string_head(in);
  if (head.kind == StringHead::Kind::number) return {head.length, listpack_bytes(head.number)};
  if (head.kind == StringHead::Kind::plain && head.length <= longest_number) {
    const auto text = in.take(head.length);
    return {text.size(), listpack_bytes(text)};
  }
  in.skip(head.stored);
  return {head.length, listpack_bytes_of_text(head.length)};
}

std::uint64_t digits_of(std::int64_t number) {
  std::uint64_t digits = number < 0 ? 2 : 1;
  for (; number > 9 || number < -9; number /= 10) ++digits;
  return digits;
}

}  // namespace headroom::source::rdb
