#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Numbers that snapshots keep as text.
namespace headroom::source::rdb {

/// The integer that `text` is the one canonical decimal form of: no sign but "-", no zero in front, no "-0",
/// inside 64 bits. It is the text that Redis stores as an integer in a listpack or intset. Source:
/// string2ll() in src/util.c of Redis 7.0.
std::optional<std::int64_t> canonical_integer(std::string_view text);

/// A score as it stands in a listpack or ziplist: "1.5", "1e+20", "inf", "-inf", "nan", "-0". Nothing when
/// there is more or less than one number, or it does not fit a double.
std::optional<double> score_of_text(std::string_view text);

/// The score of a zset of RDB type 3. `length` is the byte in front of it: 253 is nan, 254 inf and 255 -inf,
/// and no text follows; any other is the length of `text`. Source: rdbLoadDoubleValue() in src/rdb.c of
/// Redis 7.0.
std::optional<double> old_score(std::uint8_t length, std::string_view text);

}  // namespace headroom::source::rdb
