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

/// Bytes that `packed` unpacks to when it is not damaged: to be compared with what the file declares before
/// that much is allocated. Looks at one byte of each run.
std::uint64_t lzf_length(std::string_view packed);

}  // namespace headroom::source::rdb
