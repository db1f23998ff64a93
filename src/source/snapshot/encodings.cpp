#include "source/snapshot/encodings.h"

#include <charconv>
#include <tuple>

namespace headroom::source {
namespace {

using Version = std::tuple<unsigned, unsigned>;

Version version_of(std::string_view text) {
  unsigned major = 0, minor = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, major);
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '.')
    std::from_chars(read.ptr + 1, end, minor);
  return {major, minor};
}

/// Header and end of a string that the server made of `length` bytes (sdsReqType() in src/sds.c of Valkey 8).
constexpr std::uint64_t around(std::uint64_t length) {
  return 1 + (length < 32 ? 1 : length < 252 ? 3 : length < 65530 ? 5 : 9);
}

}  // namespace

// Lists: listTypeTryConvertQuicklist() in src/t_list.c of Redis 7.2. Strings: shouldEmbedStringObject() in
// src/object.c of Valkey 8.1, both checked on such servers; Redis 8.2 only read.
Encodings::Encodings(std::string_view flavour, std::string_view version) : valkey_(flavour == "valkey") {
  const auto known = version_of(version);
  small_lists_ = known >= Version(7, 2);
  if (known >= (valkey_ ? Version(8, 1) : Version(8, 2))) longest_with_key_ = 64;
  if (valkey_ && known >= Version(9, 1)) longest_with_key_ = 128;
}

bool Encodings::is_embedded(const StoredKey& key, std::uint64_t length) const {
  constexpr std::uint64_t longest_alone = 44, object = 16, around_value = 4;
  if (longest_with_key_ == 0) return length <= longest_alone;
  // Redis takes the shortest header for granted.
  const auto around_key = valkey_ ? around(key.key.size()) : 2;
  const auto before = object + (key.expires ? 8 : 0) + 1 + around_key + key.key.size() + around_value;
  return before <= longest_with_key_ && length <= longest_with_key_ - before;
}

Encoding Encodings::of(const StoredKey& key, const ValueSize& size) const {
  switch (key.layout) {
    case Layout::integer:
      return Encoding::integer;
    case Layout::text:
      return is_embedded(key, size.length) ? Encoding::embstr : Encoding::raw;
    case Layout::listpack:
      return Encoding::listpack;
    case Layout::ziplist:
      return Encoding::ziplist;
    case Layout::intset:
      return Encoding::intset;
    case Layout::linked_list:
      return Encoding::quicklist;
    case Layout::quicklist:
      return small_lists_ && size.one_blob ? Encoding::listpack : Encoding::quicklist;
    case Layout::table:
      return Encoding::hashtable;
    case Layout::skiplist:
      return Encoding::skiplist;
    case Layout::stream:
      return Encoding::stream;
    default:
      return Encoding::other;
  }
}

}  // namespace headroom::source
