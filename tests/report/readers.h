#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "report/render.h"

/// Readers of the formats, written from their standards and not from our writers.
namespace headroom::test {

using Json = nlohmann::ordered_json;

inline std::string rendered(const Report& report, report::Format format,
                            const report::RenderOptions& options = {}) {
  auto text = report::render(report, format, options);
  return text ? *text : "error: " + text.error().what;
}

inline Json json_of(const Report& report) { return Json::parse(rendered(report, report::Format::json)); }

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// RFC 4648; needs valid input.
inline std::string base64_decoded(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digits.find(c));
    held += 6;
    if (held >= 8) out += static_cast<char>((bits >> static_cast<unsigned>(held -= 8)) & 0xFFU);
  }
  return out;
}

/// RFC 4180: records end with CRLF, fields may be quoted, a quote inside is doubled.
inline std::vector<std::vector<std::string>> csv_records(const std::string& text) {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      record.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      record.emplace_back();
    } else if (!quoted && c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      records.push_back(record);
      record.assign(1, "");
      ++i;
    } else {
      record.back() += c;
    }
  }
  return records;
}

/// The exact bytes of a name, from an object of ours.
inline std::string exact_name(const Json& object, const std::string& name) {
  if (object.contains(name + "_base64")) return base64_decoded(object[name + "_base64"].get<std::string>());
  return object[name].get<std::string>();
}

}  // namespace headroom::test
