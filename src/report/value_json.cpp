#include "report/value_json.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "report/json_text.h"
#include "report/names.h"

namespace headroom::report {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<std::uint8_t>(c);
  return number;
}

bool is_array(KeyType type) {
  return type == KeyType::list || type == KeyType::set || type == KeyType::zset || type == KeyType::hash;
}

void write_name(Spool& spool, std::string_view name) {
  if (is_utf8(name)) {
    spool.text() += "\"key\":";
    return write_json_bytes(spool, name);
  }
  append_json_text(spool.text() += "\"key\":", escaped(name));
  spool.text().append(",\"key_base64\":\"").append(base64(name)).append("\"");
}

}  // namespace

void ValueJson::separate() {
  if (!first_) spool_.text() += ',';
  first_ = false;
  spool_.settle();
}

void ValueJson::begins(const StoredKey& key) {
  auto& out = spool_.text();
  out += '{';
  write_name(spool_, key.key);
  append_number(out += ",\"db\":", key.db);
  out.append(",\"type\":\"").append(type_name(key.type)).append("\"");
  if (key.expires) out.append(",\"expires_at\":\"").append(iso_instant(key.expires_at)).append("\"");
  out += ",\"value\":";
  if (is_array(key.type)) out += '[';
  if (key.type == KeyType::stream) out += "{\"entries\":[";
  if (key.type == KeyType::module) out += "null";
  open_ = key.type, place_ = Place::entries, first_ = true;
}

void ValueJson::element(const StoredKey& key, const Element& element) {
  if (key.type == KeyType::stream) return;  // entry() told it
  separate();
  const bool pair = key.type == KeyType::hash || key.type == KeyType::zset;
  if (pair) spool_.text() += '[';
  write_json_bytes(spool_, element.name);
  if (key.type == KeyType::zset) append_json_score(spool_.text() += ',', element.score);
  if (key.type == KeyType::hash) {
    spool_.text() += ',';
    write_json_bytes(spool_, element.value);
    if (element.expires_at.count() != 0)
      spool_.text().append(",\"").append(iso_instant(element.expires_at)).append("\"");
  }
  if (pair) spool_.text() += ']';
}

void ValueJson::entry(std::string_view id, std::span<const std::string_view> fields) {
  separate();
  spool_.text().append("[\"").append(id).append("\",[");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) spool_.text() += ',';
    write_json_bytes(spool_, fields[i]);
  }
  spool_.text() += "]]";
}

void ValueJson::last_id(std::uint64_t ms, std::uint64_t seq) {
  fmt::format_to(std::back_inserter(spool_.text()), "],\"last_id\":\"{}-{}\",\"groups\":[", ms, seq);
  place_ = Place::groups, first_ = true;
}

/// Closes what is open inside a place that is deeper than `place`.
void ValueJson::leave_for(Place place) {
  auto& out = spool_.text();
  const auto was = place_;
  if (was == Place::consumer_pending) out += "]}", first_ = false;
  if (place == Place::consumers && was == Place::pending) out += "],\"consumers\":[", first_ = true;
  if (place == Place::groups) {
    if (was == Place::pending) out += "],\"consumers\":[";
    if (was >= Place::pending) out += "]}", first_ = false;
  }
  place_ = place;
}

void ValueJson::group(std::string_view name, std::uint64_t last_ms, std::uint64_t last_seq) {
  leave_for(Place::groups);
  separate();
  spool_.text() += "{\"name\":";
  write_json_bytes(spool_, name);
  fmt::format_to(std::back_inserter(spool_.text()), ",\"last_id\":\"{}-{}\",\"pending\":[", last_ms,
                 last_seq);
  place_ = Place::pending, first_ = true;
}

void ValueJson::id(std::string_view raw) {
  fmt::format_to(std::back_inserter(spool_.text()), "\"{}-{}\"", big_endian(raw.substr(0, 8)),
                 big_endian(raw.substr(8)));
}

void ValueJson::piece(const StreamPiece& piece) {
  auto& out = spool_.text();
  switch (piece.kind) {
    case StreamPiece::Kind::pending:
      separate();
      out += "{\"id\":";
      id(piece.id);
      out.append(",\"delivered_at\":\"").append(iso_instant(piece.time)).append("\",\"deliveries\":");
      append_number(out, piece.deliveries);
      out += '}';
      break;
    case StreamPiece::Kind::consumer:
      leave_for(Place::consumers);
      separate();
      out += "{\"name\":";
      write_json_bytes(spool_, piece.name);
      out.append(",\"seen_at\":\"").append(iso_instant(piece.time)).append("\",\"pending\":[");
      place_ = Place::consumer_pending, first_ = true;
      break;
    case StreamPiece::Kind::consumer_pending:
      separate();
      id(piece.id);
      break;
    default:  // nodes are how the entries lie, and a group has been named
      break;
  }
}

void ValueJson::close(const StoredKey& key, bool whole) {
  auto& out = spool_.text();
  if (is_array(key.type)) out += ']';
  if (key.type == KeyType::string && first_) out += whole ? "\"\"" : "null";
  if (key.type == KeyType::stream) {
    if (place_ != Place::entries) leave_for(Place::groups);
    out += "]}";
  }
  out += whole ? "}\n" : ",\"incomplete\":true}\n";
  open_ = KeyType::unknown;
  spool_.settle();
}

void ValueJson::finish() {
  StoredKey key;
  key.type = open_;
  if (open_ != KeyType::unknown) close(key, false);
  spool_.flush();
}

}  // namespace headroom::report
