#include "act/execute/rdb_value.h"

namespace headroom::act {
namespace {

constexpr char string_type = 0, hash_type = 4;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void append_length(std::string& out, std::uint64_t length) {
  if (length < 64) {
    out.push_back(static_cast<char>(length));
  } else if (length < 16384) {
    append_big_endian(out, 0x4000 | length, 2);
  } else if (length <= UINT32_MAX) {
    out.push_back(static_cast<char>(0x80));
    append_big_endian(out, length, 4);
  } else {
    out.push_back(static_cast<char>(0x81));
    append_big_endian(out, length, 8);
  }
}

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out.append(text);
}

}  // namespace

std::string string_body(std::string_view value) {
  std::string body(1, string_type);
  body.reserve(value.size() + 10);
  append_text(body, value);
  return body;
}

std::string hash_body(std::span<const std::string> flat) {
  std::string body(1, hash_type);
  append_length(body, flat.size() / 2);
  for (const auto& text : flat) append_text(body, text);
  return body;
}

DumpParts dump_parts(std::string_view payload) {
  constexpr std::size_t footer = 10;  // the version in 2 bytes, low one first, and the CRC in 8
  if (payload.size() <= footer) return {};
  const auto at = payload.size() - footer;
  const auto low = static_cast<unsigned char>(payload[at]),
             high = static_cast<unsigned char>(payload[at + 1]);
  return {payload.substr(0, at), static_cast<std::uint16_t>(low | high << 8)};
}

std::string_view type_of_body(std::string_view body) {
  if (body.empty()) return {};
  switch (body[0]) {
    case 0:
      return "string";
    case 1:
    case 10:
    case 14:
    case 18:
      return "list";
    case 2:
    case 11:
    case 20:
      return "set";
    case 3:
    case 5:
    case 12:
    case 17:
      return "zset";
    case 4:
    case 9:
    case 13:
    case 16:
    case 22:
    case 23:
    case 24:
    case 25:
      return "hash";
    case 15:
    case 19:
    case 21:
      return "stream";
    default:
      return {};
  }
}

}  // namespace headroom::act
