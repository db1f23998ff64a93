#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// What kinds of bytes stand where in a name, as masks of 64 bits: bit i is byte i. Questions about a word
/// ("all hex?", "where does it end?") are then one or two operations each, whatever its length.
namespace headroom::survey {

enum Class : std::uint8_t {
  digit = 1,
  hex_letter = 2,
  letter = 4,
  separator = 8,
  brace = 16,
  colon = 32,
  at_sign = 64
};

inline constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = digit;
  for (const int base : {'a', 'A'})
    for (int i = 0; i < 26; ++i)
      table[static_cast<std::size_t>(base + i)] =
          static_cast<std::uint8_t>(i < 6 ? int{hex_letter} | int{letter} : int{letter});
  for (const char c : {'.', '-', '_', '/', '|', '#', ',', '=', ' '})
    table[static_cast<std::uint8_t>(c)] = separator;
  table['@'] = int{separator} | int{at_sign};
  table['{'] = table['}'] = brace;
  table[':'] = colon;
  return table;
}();

inline std::uint8_t class_of(char c) { return classes[static_cast<std::uint8_t>(c)]; }

/// The lowest `count` bits. Needs: count <= 64.
constexpr std::uint64_t low_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

struct ClassMasks {
  std::uint64_t digits = 0, hex_letters = 0, letters = 0, stops = 0, braces = 0, colons = 0, at_signs = 0;

  /// Of at most 64 bytes. Stops are separators and colons.
  static ClassMasks of(std::string_view bytes);
  /// The same byte by byte, for machines without SSE2 and for tests.
  static ClassMasks one_by_one(std::string_view bytes);
  friend bool operator==(const ClassMasks&, const ClassMasks&) = default;
};

inline ClassMasks ClassMasks::one_by_one(std::string_view bytes) {
  ClassMasks out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto kind = class_of(bytes[i]);
    const auto bit = [kind, i](unsigned mask) { return std::uint64_t{(kind & mask) != 0} << i; };
    out.digits |= bit(digit), out.hex_letters |= bit(hex_letter), out.letters |= bit(letter);
    out.stops |= bit(unsigned{separator} | unsigned{colon}), out.braces |= bit(brace),
        out.colons |= bit(colon);
    out.at_signs |= bit(at_sign);
  }
  return out;
}

#if defined(__SSE2__)
namespace sse2 {

/// Bytes in [low, high], which are both below 128: other bytes are not among them whatever they are.
inline __m128i within(__m128i bytes, char low, char high) {
  const auto above = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(static_cast<char>(high - low))), above);
}
inline __m128i is(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
inline std::uint64_t bits(__m128i mask) { return static_cast<std::uint32_t>(_mm_movemask_epi8(mask)); }

inline ClassMasks masks_of(__m128i bytes) {
  const auto lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const auto at = is(bytes, '@'), colons = is(bytes, ':');
  const auto marks =
      _mm_or_si128(_mm_or_si128(is(bytes, '#'), is(bytes, ' ')), _mm_or_si128(is(bytes, '='), at));
  const auto lines = _mm_or_si128(_mm_or_si128(is(bytes, '_'), is(bytes, '|')), within(bytes, ',', '/'));
  return {bits(within(bytes, '0', '9')),
          bits(within(lower, 'a', 'f')),
          bits(within(lower, 'a', 'z')),
          bits(_mm_or_si128(_mm_or_si128(marks, lines), colons)),
          bits(_mm_or_si128(is(bytes, '{'), is(bytes, '}'))),
          bits(colons),
          bits(at)};
}

inline std::uint64_t hex_bits(__m128i bytes) {
  const auto letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'f');
  return bits(_mm_or_si128(within(bytes, '0', '9'), letters));
}

inline __m128i load(const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
inline __m128i load_half(const char* from) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)); }

}  // namespace sse2

inline ClassMasks ClassMasks::of(std::string_view bytes) {
  ClassMasks out;
  const auto add = [&out](const ClassMasks& more, std::size_t at) {
    out.digits |= more.digits << at, out.hex_letters |= more.hex_letters << at,
        out.letters |= more.letters << at;
    out.stops |= more.stops << at, out.braces |= more.braces << at, out.colons |= more.colons << at;
    out.at_signs |= more.at_signs << at;
  };
  const auto size = bytes.size();
  if (size >= 16) {
    std::size_t at = 0;
    for (; at + 16 <= size; at += 16) add(sse2::masks_of(sse2::load(bytes.data() + at)), at);
    // The last bytes once more, together with some that were seen: they say the same twice.
    if (at < size) add(sse2::masks_of(sse2::load(bytes.data() + size - 16)), size - 16);
    return out;
  }
  if (size >= 8) {
    const auto first = sse2::load_half(bytes.data()), last = sse2::load_half(bytes.data() + size - 8);
    out = sse2::masks_of(_mm_unpacklo_epi64(first, last));
    const auto join = [size](std::uint64_t& mask) { mask = (mask & 0xff) | (mask >> 8) << (size - 8); };
    join(out.digits), join(out.hex_letters), join(out.letters), join(out.stops), join(out.braces),
        join(out.colons);
    join(out.at_signs);
    return out;
  }
  return one_by_one(bytes);
}
#else
inline ClassMasks ClassMasks::of(std::string_view bytes) { return one_by_one(bytes); }
#endif

/// Whether the 36 bytes at `at` are a UUID.
inline bool is_uuid_at(const char* at) {
  constexpr auto places = low_bits(36) & ~(1ULL << 8 | 1ULL << 13 | 1ULL << 18 | 1ULL << 23);
#if defined(__SSE2__)
  const auto hex = sse2::hex_bits(sse2::load(at)) | sse2::hex_bits(sse2::load(at + 16)) << 16 |
                   sse2::hex_bits(sse2::load(at + 20)) << 20;
#else
  const auto masks = ClassMasks::one_by_one({at, 36});
  const auto hex = masks.digits | masks.hex_letters;
#endif
  return hex == places && at[8] == '-' && at[13] == '-' && at[18] == '-' && at[23] == '-';
}

}  // namespace headroom::survey
