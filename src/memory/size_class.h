#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

/// What an allocation really takes. Servers count in used_memory what the allocator gives, not what they
/// asked for.
namespace headroom::memory {

/// jemalloc with a quantum of 8 is the one that Redis and Valkey bring along (deps/Makefile:
/// --with-lg-quantum=3), with 16 the one of Debian and Ubuntu. libc is glibc's malloc; musl's is not modelled
/// (Redis adds 8 bytes to each length there and rounds nothing).
enum class Allocator : std::uint8_t { jemalloc_8, jemalloc_16, libc };

constexpr std::string_view allocator_in_words(Allocator allocator) {
  switch (allocator) {
    case Allocator::jemalloc_8:
      return "jemalloc with a quantum of 8 (the server's own)";
    case Allocator::jemalloc_16:
      return "jemalloc with a quantum of 16 (Debian's and Ubuntu's)";
    case Allocator::libc:
      return "the C library's malloc";
  }
  return {};
}

/// Lengths of a damaged or hostile file end here, so that sums stay below `most_bytes` without wrapping: more
/// than the address space of a process on x86-64.
inline constexpr std::uint64_t longest_allocation = std::uint64_t{1} << 48;
inline constexpr std::uint64_t most_bytes = std::uint64_t{1} << 60;

/// Adds without passing most_bytes. `more` is at most a few times longest_allocation.
constexpr std::uint64_t add_capped(std::uint64_t sum, std::uint64_t more) {
  return std::min(sum + std::min(more, most_bytes), most_bytes);
}

/// The smallest size class of at least `length` bytes.
/// jemalloc: 8; multiples of the quantum up to 8 of them; then four classes for each doubling (jemalloc(3),
/// "size classes"; MEMORY MALLOC-STATS prints them). glibc: chunks are multiples of 16 of which 8 are its
/// own, the smallest leaves 24 (malloc.c, "minimum allocated size"); blocks of 128 KiB and more come from
/// mmap and may take a page more.
constexpr std::uint64_t size_class(Allocator allocator, std::uint64_t length) {
  const auto n = std::min(length, longest_allocation);
  if (allocator == Allocator::libc) return std::max<std::uint64_t>((n + 8 + 15) / 16 * 16 - 8, 24);
  if (n <= 8) return 8;
  const std::uint64_t quantum = allocator == Allocator::jemalloc_16 ? 16 : 8;
  const auto step = n <= 8 * quantum ? quantum : std::bit_floor(n - 1) / 4;
  return (n + step - 1) / step * step;
}

/// Lengths at which the header of an sds string grows from 3 to 5 and from 5 to 9 bytes: 256 and 65536 in the
/// classic layout; 252 and 65530 since Redis 8.2, each one more since Valkey 8.0 (sds.c, sdsReqType; 252 was
/// measured on Valkey 8.0 and 8.1).
struct SdsLimits {
  std::uint64_t byte = 256;
  std::uint64_t word = 65536;
};

/// The header of an sds of this length: 1 byte below 32, then 3, 5, 9, and 17 from 4 GiB on.
constexpr std::uint64_t sds_header(const SdsLimits& limits, std::uint64_t length) {
  if (length < 32) return 1;
  if (length < limits.byte) return 3;
  if (length < limits.word) return 5;
  return length < (std::uint64_t{1} << 32) ? 9 : 17;
}

/// Both of the above from tables for lengths that are common. 4 KiB; made once per model.
class Sizes {
 public:
  explicit Sizes(Allocator allocator, SdsLimits limits = {});

  std::uint64_t of(std::uint64_t length) const {
    if (length < tabled) [[likely]]
      return classes_[(length + 7) / 8];
    return size_class(allocator_, length);
  }
  /// An sds string in an allocation of its own: header, text, a zero byte. An empty one has a header of 3
  /// bytes (sds.c: type 5 cannot grow).
  std::uint64_t sds(std::uint64_t length) const {
    if (length < tabled) [[likely]]
      return strings_[length];
    return long_sds(length);
  }
  std::uint64_t header(std::uint64_t length) const { return sds_header(limits_, length); }
  Allocator allocator() const { return allocator_; }

 private:
  static constexpr std::size_t tabled = 1024;
  std::uint64_t long_sds(std::uint64_t length) const {
    const auto n = std::min(length, longest_allocation);
    return size_class(allocator_, header(n) + n + 1);
  }
  Allocator allocator_;
  SdsLimits limits_;
  std::array<std::uint16_t, tabled / 8 + 1> classes_{};
  std::array<std::uint16_t, tabled> strings_{};
};

}  // namespace headroom::memory
