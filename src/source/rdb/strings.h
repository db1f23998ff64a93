#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/stored_value.h"
#include "source/rdb/cursor.h"

/// Lengths and strings as RDB writes them (rdb-and-speed.md section 5): every key, member and blob is one.
namespace headroom::source::rdb {

/// A length, or (`special`) the number of a string encoding.
struct Length {
  std::uint64_t value = 0;
  bool special = false;
};
Length read_length_slowly(Cursor& in, std::uint8_t first);
inline Length read_length(Cursor& in) {
  const auto first = in.byte();
  if (first < 0x40) return {first, false};
  return read_length_slowly(in, first);
}
/// A length that cannot be an encoding; fails where it is one.
std::uint64_t read_count(Cursor& in);

/// The head of a string: how its bytes lie behind it.
struct StringHead {
  enum class Kind : std::uint8_t { plain, number, compressed } kind = Kind::plain;
  std::uint64_t length = 0;  ///< of the string itself, whatever its form
  std::uint64_t stored =
      0;  ///< bytes that follow: `length` when plain, fewer when compressed, none for a number
  std::int64_t number = 0;
};
StringHead read_special_head(Cursor& in, const Length& length);
inline StringHead read_string_head(Cursor& in) {
  const auto length = read_length(in);
  if (!length.special) return {StringHead::Kind::plain, length.value, length.value, 0};
  return read_special_head(in, length);
}

/// The bytes of the string behind `head`. May use `scratch`; the view holds until the next read or the next
/// use of `scratch`.
std::string_view read_body(Cursor& in, const StringHead& head, std::string& scratch);
/// Copies into `out`.
void read_string(Cursor& in, std::string& out);
/// The first bytes of the string behind `head`, at most `wanted` of them, without moving on; expands no more
/// than those. Holds until the next read or the next use of `scratch`.
std::string_view peek_beginning(Cursor& in, const StringHead& head, std::size_t wanted, std::string& scratch);

/// Passes over a string of a table and says what it costs.
Part skip_part(Cursor& in);

/// Bytes of the text of a number.
std::uint64_t digits_of(std::int64_t number);

}  // namespace headroom::source::rdb
