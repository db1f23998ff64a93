#include "base/crc64.h"

#include <array>
#include <cstddef>

#include "base/little_endian.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace headroom {
namespace {

// 0xad93d23594c935a9 with its bits in reverse order. In this order the lowest bit of a word is the highest
// power of x: bit i of a 64-bit word stands for x^(63-i), and a shift to the right multiplies by x.
constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5;

constexpr std::uint64_t times_x(std::uint64_t value, unsigned times) {
  for (; times > 0; --times) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
  return value;
}

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

// tables[k][b]: what byte b adds to the checksum when k more bytes follow it in the same step.
constexpr Tables make_tables() {
  Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) tables[0][byte] = times_x(byte, 8);
  for (unsigned k = 1; k < 8; ++k) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = tables[0][before & 0xff] ^ before >> 8;
    }
  }
  return tables;
}
constexpr Tables tables = make_tables();

}  // namespace

std::uint64_t crc64_by_tables(std::uint64_t crc, std::span<const char> bytes) {
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    crc ^= little_endian<std::uint64_t>(bytes.data());
    crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^ tables[5][crc >> 16 & 0xff] ^
          tables[4][crc >> 24 & 0xff] ^ tables[3][crc >> 32 & 0xff] ^ tables[2][crc >> 40 & 0xff] ^
          tables[1][crc >> 48 & 0xff] ^ tables[0][crc >> 56];
  }
  for (const char byte : bytes) crc = tables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ crc >> 8;
  return crc;
}

#if defined(__x86_64__)

namespace {

// Folding. A message is a polynomial M, its checksum M * x^64 modulo P. Any 16 bytes in front, D bits before
// the end of a window, may be replaced by their product with x^D modulo P, added to the window: the remainder
// stays. Loaded as two little-endian words, 16 bytes are first * x^64 + second, so the first word is
// multiplied by x^(D+64) mod P and the second by x^D mod P; both products have less than 128 bits. The
// product of two reflected words comes out one bit too low (bit i times bit j is bit i+j, which in 128 bits
// stands for x^(127-i-j), not x^(126-i-j)), that is multiplied by x once too often; so the constants are one
// power smaller. Method: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel
// 2009.
constexpr std::uint64_t one = std::uint64_t{1} << 63;  // x^0
struct Fold {
  std::uint64_t first, second;
};
constexpr Fold fold_by(unsigned bits) { return {times_x(one, bits + 63), times_x(one, bits - 1)}; }

__attribute__((target("pclmul,sse4.1"))) inline __m128i constants(Fold fold) {
  return _mm_set_epi64x(static_cast<long long>(fold.second), static_cast<long long>(fold.first));
}
__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
__attribute__((target("pclmul,sse4.1"))) inline void store(char* at, __m128i window) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), window);
}
__attribute__((target("pclmul,sse4.1"))) inline __m128i folded(__m128i window, __m128i by, __m128i next) {
  const __m128i first = _mm_clmulepi64_si128(window, by, 0x00),
                second = _mm_clmulepi64_si128(window, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

/// Brings four windows, and what follows them, to an end.
__attribute__((target("pclmul,sse4.1"))) std::uint64_t finish(const std::array<char, 64>& windows,
                                                              std::span<const char> rest) {
  static constexpr Fold by_1 = fold_by(128);
  const __m128i near = constants(by_1);
  __m128i a = load(windows.data());
  for (std::size_t at = 16; at < windows.size(); at += 16) a = folded(a, near, load(windows.data() + at));
  for (; rest.size() >= 16; rest = rest.subspan(16)) a = folded(a, near, load(rest.data()));
  std::array<char, 16> last;
  store(last.data(), a);
  return crc64_by_tables(crc64_by_tables(0, last), rest);
}

// Two windows in one register, each folded as above.
__attribute__((target("vpclmulqdq,avx2"))) inline __m256i wide_load(const char* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
__attribute__((target("vpclmulqdq,avx2"))) inline void wide_store(char* at, __m256i windows) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), windows);
}
__attribute__((target("vpclmulqdq,avx2"))) inline __m256i wide_folded(__m256i window, __m256i by,
                                                                      __m256i next) {
  const __m256i first = _mm256_clmulepi64_epi128(window, by, 0x00),
                second = _mm256_clmulepi64_epi128(window, by, 0x11);
  return _mm256_xor_si256(_mm256_xor_si256(first, second), next);
}

}  // namespace

bool has_carryless_multiply() {
  static const bool has = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return has;
}

__attribute__((target("pclmul,sse4.1"))) std::uint64_t crc64_by_folding(std::uint64_t crc,
                                                                        std::span<const char> bytes) {
  if (bytes.size() < 64) return crc64_by_tables(crc, bytes);
  static constexpr Fold by_4 = fold_by(512);
  const char* at = bytes.data();
  // What came before is added to the first 8 bytes, as in the bytewise form.
  __m128i a = _mm_xor_si128(load(at), _mm_cvtsi64_si128(static_cast<long long>(crc)));
  __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
  std::size_t left = bytes.size() - 64;
  // Four windows side by side: one multiplication takes several cycles, and each window waits for its own
  // only.
  const __m128i far = constants(by_4);
  for (at += 64; left >= 64; at += 64, left -= 64) {
    a = folded(a, far, load(at));
    b = folded(b, far, load(at + 16));
    c = folded(c, far, load(at + 32));
    d = folded(d, far, load(at + 48));
  }
  std::array<char, 64> windows;
  store(windows.data(), a), store(windows.data() + 16, b);
  store(windows.data() + 32, c), store(windows.data() + 48, d);
  return finish(windows, {at, left});
}

bool has_wide_carryless_multiply() {
  static const bool has =
      has_carryless_multiply() && __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2");
  return has;
}

__attribute__((target("pclmul,vpclmulqdq,avx2"))) std::uint64_t crc64_by_wide_folding(
    std::uint64_t crc, std::span<const char> bytes) {
  if (bytes.size() < 128) return crc64_by_folding(crc, bytes);
  static constexpr Fold by_8 = fold_by(1024), by_4 = fold_by(512);
  const char* at = bytes.data();
  const __m128i before = _mm_cvtsi64_si128(static_cast<long long>(crc));
  __m256i a = _mm256_xor_si256(wide_load(at), _mm256_set_m128i(_mm_setzero_si128(), before));
  __m256i b = wide_load(at + 32), c = wide_load(at + 64), d = wide_load(at + 96);
  std::size_t left = bytes.size() - 128;
  const __m256i far = _mm256_broadcastsi128_si256(constants(by_8));
  for (at += 128; left >= 128; at += 128, left -= 128) {
    a = wide_folded(a, far, wide_load(at));
    b = wide_folded(b, far, wide_load(at + 32));
    c = wide_folded(c, far, wide_load(at + 64));
    d = wide_folded(d, far, wide_load(at + 96));
  }
  const __m256i near = _mm256_broadcastsi128_si256(constants(by_4));
  c = wide_folded(a, near, c), d = wide_folded(b, near, d);
  std::array<char, 64> windows;
  wide_store(windows.data(), c), wide_store(windows.data() + 32, d);
  // Left as they are, the upper halves of the registers make plain SSE instructions wait for each other, in
  // this thread and in those that it starts: decoding took a fifth longer. g++ 12 does it by itself only
  // where all of a file is compiled for AVX.
  _mm256_zeroupper();
  return finish(windows, {at, left});
}

#else

bool has_carryless_multiply() { return false; }
std::uint64_t crc64_by_folding(std::uint64_t crc, std::span<const char> bytes) {
  return crc64_by_tables(crc, bytes);
}
bool has_wide_carryless_multiply() { return false; }
std::uint64_t crc64_by_wide_folding(std::uint64_t crc, std::span<const char> bytes) {
  return crc64_by_tables(crc, bytes);
}

#endif

std::uint64_t crc64(std::uint64_t crc, std::span<const char> bytes) {
  if (has_wide_carryless_multiply()) return crc64_by_wide_folding(crc, bytes);
  return has_carryless_multiply() ? crc64_by_folding(crc, bytes) : crc64_by_tables(crc, bytes);
}

}  // namespace headroom
