#pragma once

#include <cstdint>
#include <span>

/// The checksum at the end of an RDB file and of a DUMP payload: CRC-64 with the polynomial of Jones,
/// 0xad93d23594c935a9, bits reflected, start 0, nothing added at the end. The check value of "123456789" is
/// e9c6d914c4b8d9ca. Source: src/crc64.c of Redis 7.0.
namespace headroom {

/// The checksum of bytes whose beginning has the checksum `crc` (0: nothing yet) and that go on with `bytes`.
/// Takes the fastest way that this processor has. Thread safe.
std::uint64_t crc64(std::uint64_t crc, std::span<const char> bytes);

/// The same by tables: for any processor. 8 bytes a step.
std::uint64_t crc64_by_tables(std::uint64_t crc, std::span<const char> bytes);

/// True when this processor multiplies without carry (x86-64: PCLMULQDQ and SSE4.1).
bool has_carryless_multiply();

/// The same by carry-less multiplication: 64 bytes a step. Needs: has_carryless_multiply().
std::uint64_t crc64_by_folding(std::uint64_t crc, std::span<const char> bytes);

/// True when it does so twice at once (VPCLMULQDQ and AVX2).
bool has_wide_carryless_multiply();

/// The same again, 128 bytes a step. Needs: has_wide_carryless_multiply().
std::uint64_t crc64_by_wide_folding(std::uint64_t crc, std::span<const char> bytes);

}  // namespace headroom
