#include "report/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/character.h"
#include "base/text.h"
#include "report/cell_text.h"

namespace headroom::report {
namespace {

constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

std::size_t plain_beginning(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && plain_bytes[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

void append_unit(std::string& out, std::uint32_t unit) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

void append_character(std::string& out, char32_t code) {
  constexpr char32_t beyond_one_unit = 0x10000;
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (code < beyond_one_unit) return append_unit(out, code);
  append_unit(out, 0xd800 + ((code - beyond_one_unit) >> 10U));
  append_unit(out, 0xdc00 + ((code - beyond_one_unit) & 0x3ffU));
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto plain = plain_beginning(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto character = read_character(text);
    append_character(out, character.code);
    text.remove_prefix(character.length);
  }
}

/// Where a piece of about `wanted` bytes of valid UTF-8 may end.
std::size_t end_of_piece(std::string_view text, std::size_t wanted) {
  if (text.size() <= wanted) return text.size();
  while (wanted > 0 && (static_cast<unsigned char>(text[wanted]) & 0xc0U) == 0x80U) --wanted;
  return wanted;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void append_json_name(std::string& out, std::string_view name, std::string_view bytes) {
  out.append("\"").append(name).append("\":");
  if (plain_beginning(bytes) == bytes.size() && bytes.size() <= longest_name) {
    out.append("\"").append(bytes).append("\"");
  } else if (bytes.size() > longest_name) {
    append_json_text(out, shortened_name(bytes));
    fmt::format_to(std::back_inserter(out), ",\"{}_length\":{},\"{}_xxh3\":\"{}\"", name, bytes.size(), name,
                   fingerprint(bytes));
  } else if (is_utf8(bytes)) {
    append_json_text(out, bytes);
  } else {
    append_json_text(out, escaped(bytes));
    fmt::format_to(std::back_inserter(out), ",\"{}_base64\":\"{}\"", name, base64(bytes));
  }
}

void append_json_score(std::string& out, double score) {
  if (std::isfinite(score)) {
    fmt::format_to(std::back_inserter(out), "{}", score);
  } else if (std::isnan(score)) {
    out += "\"nan\"";
  } else {
    out += score > 0 ? "\"inf\"" : "\"-inf\"";
  }
}

void append_number(std::string& out, std::uint64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

void write_json_bytes(Spool& spool, std::string_view bytes) {
  constexpr std::size_t piece = 48 * 1024;  // a multiple of 3: base64 of the pieces is base64 of the whole
  const bool text = is_utf8(bytes);
  spool.text() += text ? "\"" : "{\"base64\":\"";
  while (!bytes.empty()) {
    const auto size = text ? end_of_piece(bytes, piece) : std::min(bytes.size(), piece);
    if (text)
      append_escaped(spool.text(), bytes.substr(0, size));
    else
      spool.text() += base64(bytes.substr(0, size));
    bytes.remove_prefix(size);
    spool.settle();
  }
  spool.text() += text ? "\"" : "\"}";
}

}  // namespace headroom::report
