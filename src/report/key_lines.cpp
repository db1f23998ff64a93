#include "report/key_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/csv_text.h"
#include "report/json_text.h"
#include "report/names.h"

namespace headroom::report {
namespace {

using std::chrono::milliseconds;

template <class Number>
void append_known(std::string& out, const std::optional<Number>& number, std::string_view otherwise) {
  if (!number)
    out += otherwise;
  else if constexpr (std::is_same_v<Number, Bytes>)
    append_number(out, number->count);
  else if constexpr (std::is_same_v<Number, std::chrono::seconds>)
    append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(number->count(), 0)));
  else
    append_number(out, *number);
}

void append_seconds(std::string& out, milliseconds length) {
  const auto ms = length.count();
  if (ms < 0) out += '-';
  const auto size = static_cast<std::uint64_t>(ms < 0 ? -ms : ms);
  append_number(out, size / 1000);
  if (size % 1000 != 0) fmt::format_to(std::back_inserter(out), ".{:03}", size % 1000);
}

bool expired(const KeyRecord& record) {
  return record.expires == Expires::at && record.ttl < milliseconds(0);
}

constexpr std::string_view true_or_false(bool yes) { return yes ? "true" : "false"; }

/// Names that need no care in a CSV: most do not.
bool is_harmless(std::string_view name) {
  constexpr auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '.' || c == '-' || c == '/' || c == '{' || c == '}';
  };
  return !name.empty() && name[0] != '-' && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), harmless);
}

void append_csv_name(std::string& out, std::string_view name) {
  if (is_harmless(name))
    out.append(name).append(",");
  else
    out += csv_name(name);
}

}  // namespace

KeyLines::KeyLines(Format format, bool with_family, Sink sink)
    : format_(format), with_family_(with_family), spool_(std::move(sink)) {
  auto& out = spool_.text();
  if (format_ == Format::csv)
    out.append("key,key_base64,db,type,encoding,bytes,elements,ttl,expires_at,expired,idle_seconds,freq")
        .append(with_family_ ? ",family,owner,role\r\n" : "\r\n");
  if (format_ == Format::text)
    fmt::format_to(std::back_inserter(out), "{:>10}  {:<7}{:<11}{:>9}  {:>14}  {:>3}  {}KEY\n", "BYTES",
                   "TYPE", "ENCODING", "ELEMENTS", "EXPIRES IN", "DB",
                   with_family_ ? fmt::format("{:<14}", "ROLE") : "");
}

void KeyLines::add(const KeyRecord& record, milliseconds now, const Attribution* attribution) {
  if (format_ == Format::text)
    add_text(record, attribution);
  else if (format_ == Format::csv)
    add_csv(record, now, attribution);
  else
    add_json(record, now, attribution);
  spool_.settle();
}

void KeyLines::add_json(const KeyRecord& record, milliseconds now, const Attribution* attribution) {
  auto& out = spool_.text();
  out += '{';
  append_json_name(out, "key", record.key);
  out += ",\"db\":";
  append_number(out, record.db);
  out.append(",\"type\":\"").append(type_name(record.type)).append("\",\"encoding\":\"");
  out.append(encoding_name(record.encoding)).append("\",\"bytes\":");
  append_known(out, record.bytes, "null");
  out += ",\"elements\":";
  append_known(out, record.elements, "null");
  if (record.expires == Expires::at) {
    out += ",\"ttl\":";
    append_seconds(out, record.ttl);
    out.append(",\"expires_at\":\"").append(iso_instant(now + record.ttl)).append("\",\"expired\":");
    out += true_or_false(expired(record));
  } else {
    out += ",\"ttl\":null,\"expires_at\":null,\"expired\":false";
  }
  if (record.idle) append_known(out += ",\"idle_seconds\":", record.idle, "");
  if (record.freq) append_known(out += ",\"freq\":", record.freq, "");
  if (with_family_ && attribution != nullptr) {
    append_json_text(out += ",\"family\":", attribution->family);
    append_json_name(out += ',', "owner", attribution->owner);
    append_json_text(out += ",\"role\":", attribution->role);
  }
  out += "}\n";
}

void KeyLines::add_csv(const KeyRecord& record, milliseconds now, const Attribution* attribution) {
  auto& out = spool_.text();
  append_csv_name(out, record.key);
  out += ',';
  append_number(out, record.db);
  out.append(",")
      .append(type_name(record.type))
      .append(",")
      .append(encoding_name(record.encoding))
      .append(",");
  append_known(out, record.bytes, "");
  append_known(out += ',', record.elements, "");
  out += ',';
  if (record.expires == Expires::at) {
    append_seconds(out, record.ttl);
    out.append(",").append(iso_instant(now + record.ttl)).append(",");
  } else {
    out += ",,";
  }
  out += true_or_false(expired(record));
  append_known(out += ',', record.idle, "");
  append_known(out += ',', record.freq, "");
  if (with_family_ && attribution != nullptr)
    for (const std::string_view text :
         {attribution->family, std::string_view(attribution->owner), attribution->role})
      out.append(",").append(csv_text(text, escaped(text)));
  out += "\r\n";
}

void KeyLines::add_text(const KeyRecord& record, const Attribution* attribution) {
  auto& out = spool_.text();
  const auto bytes = record.bytes ? fmt::to_string(record.bytes->count) : "-";
  const auto elements = record.elements ? fmt::to_string(*record.elements) : "-";
  const auto left = record.expires != Expires::at ? "never"
                    : expired(record)             ? "expired"
                                                  : human_duration(record.ttl);
  fmt::format_to(std::back_inserter(out), "{:>10}  {:<7}{:<11}{:>9}  {:>14}  {:>3}  ", bytes,
                 type_name(record.type), encoding_name(record.encoding), elements, left, record.db);
  if (with_family_)
    fmt::format_to(std::back_inserter(out), "{:<14}", attribution != nullptr ? attribution->role : "");
  out.append(escape_for_terminal(record.key)).append("\n");
}

}  // namespace headroom::report
