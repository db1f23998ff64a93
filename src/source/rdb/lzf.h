#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// LZF, as Redis packs strings of more than 20 bytes. Both the packed bytes and the length that the file
/// declares for them are a stranger's: nothing outside the two spans is read or written, and `out` is the
/// caller's to limit. 100 packed bytes unpack to at most 8,800. Source of the format: lzf_d.c of Redis 7.0.
namespace headroom::source::rdb {

/// Unpacks `packed` into all of `out`. False: damaged, or the length is not exactly out.size(). Whatever
/// `out` then holds is of no use.
bool lzf_expand(std::string_view packed, std::span<char> out);

/// Unpacks from the front until `out` is full and says how many bytes are there. Fewer than out.size() when
/// the packed bytes end before that or are damaged; those that are there are right. What comes behind is not
/// looked at.
std::size_t lzf_expand_front(std::string_view packed, std::span<char> out);

/// Bytes that `packed` unpacks to when it is not damaged. Looks at one byte of each run.
std::uint64_t lzf_length(std::string_view packed);

/// Whether `length` bytes, which the file declares, may be allocated for it. A false length of up to 1 MiB
/// costs nothing worth the look that finds it out.
inline bool lzf_may_give(std::string_view packed, std::uint64_t length) {
  constexpr std::uint64_t harmless = std::uint64_t{1} << 20U;
  return length <= harmless || lzf_length(packed) >= length;
}

}  // namespace headroom::source::rdb
