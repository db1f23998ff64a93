#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Values in the form of an RDB file, as KeyBefore::body holds them. GET and HGETALL cost the server much
/// less than DUMP (no copy in RDB form, no CRC), so what they answer is put into that form here, in its
/// oldest shape: RESTORE packs it again as the server would have. Source: redis src/rdb.c (rdbSaveLen,
/// rdbSaveRawString, rdbLoadObject).
namespace headroom::act {

/// Every server from 2.6 on reads the bodies made here.
inline constexpr std::uint16_t oldest_rdb_version = 6;

std::string string_body(std::string_view value);
/// `flat`: field, value, field, value, ...
std::string hash_body(std::span<const std::string> flat);

/// A DUMP payload taken apart: body, version, CRC.
struct DumpParts {
  std::string_view body{};
  std::uint16_t version = 0;
};
/// Empty body: too short to be one.
DumpParts dump_parts(std::string_view payload);

/// What TYPE says of a value with this first byte: "string", "list", "set", "zset", "hash", "stream"; empty:
/// not known.
std::string_view type_of_body(std::string_view body);

}  // namespace headroom::act
