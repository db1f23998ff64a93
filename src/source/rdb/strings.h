#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/stored_value.h"
#include "source/rdb/cursor.h"
#include "source/rdb/packed.h"

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

inline constexpr std::string_view damaged_string = "a compressed string is damaged";

/// The bytes of the string behind `head`. May use `scratch`; the view holds until the next read or the next
/// use of `scratch`.
std::string_view read_body(Cursor& in, const StringHead& head, std::string& scratch);
/// Copies into `out`.
void read_string(Cursor& in, std::string& out);
/// The first bytes of the string behind `head`, at most `wanted` of them, without moving on; expands no more
/// than those. Holds until the next read or the next use of `scratch`.
std::string_view peek_beginning(Cursor& in, const StringHead& head, std::size_t wanted, std::string& scratch);

/// Bytes that a string and its head take in the file, of which at least `longest_head` lie at `at`; 0 where
/// one of its lengths is of a form that few need.
inline constexpr std::size_t longest_head = 6;
std::uint64_t stored_at(const char* at);

/// Passes over a string of a table and says what it costs.
Part skip_part_slowly(Cursor& in);
inline Part skip_part(Cursor& in) {
  constexpr std::size_t head = 2, longest_number = 20;
  const char* const at = in.lying(head + longest_number);
  if (at == nullptr) return skip_part_slowly(in);
  const auto first = static_cast<std::uint8_t>(*at);
  if (first <= longest_number) {  // a length of one byte
    in.skip(first + 1U);
    return {first, listpack_bytes({at + 1, first})};
  }
  // Behind the head first, and then over the text: a file that ends in it ends at the same place as when it
  // comes in small pieces.
  if (first < 0x40) {
    in.skip(1);
    in.skip(first);
    return {first, listpack_bytes_of_text(first)};
  }
  if (first >= 0x80) return skip_part_slowly(in);
  const std::uint64_t length = (first & 0x3fU) << 8U | static_cast<std::uint8_t>(at[1]);
  if (length <= longest_number) return skip_part_slowly(in);
  in.skip(head);
  in.skip(length);
  return {length, listpack_bytes_of_text(length)};
}

/// Bytes of the text of a number.
std::uint64_t digits_of(std::int64_t number);

}  // namespace headroom::source::rdb
