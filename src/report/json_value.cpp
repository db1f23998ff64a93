#include "report/json_value.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/render.h"

namespace headroom::report {
namespace {

Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Bytes and keys are whole; the ends of a range are rounded outwards, so that it still holds the truth.
Json json_whole(double rounded) {
  constexpr double largest = 9.2e18;
  if (!std::isfinite(rounded)) return nullptr;
  return static_cast<std::int64_t>(std::clamp(rounded, -largest, largest));
}

Json json_seconds(std::chrono::milliseconds length) {
  const std::int64_t ms = length.count();
  return ms % 1000 == 0 ? Json(ms / 1000) : Json(static_cast<double>(ms) / 1000);
}

std::string json_text(const std::string& bytes) { return is_utf8(bytes) ? bytes : escaped(bytes); }

void add_json_estimate(Json& object, const std::string& name, const Estimate& estimate) {
  object[name] = json_whole(std::round(estimate.value));
  if (estimate.exact()) return;
  object[name + "_low"] = json_whole(std::floor(estimate.low));
  object[name + "_high"] = json_whole(std::ceil(estimate.high));
}

void add_json_name(Json& object, const std::string& name, const std::string& bytes) {
  if (bytes.size() > longest_name) {
    object[name] = shortened_name(bytes);
    object[name + "_length"] = bytes.size();
    object[name + "_xxh3"] = fingerprint(bytes);
    return;
  }
  object[name] = json_text(bytes);
  if (!is_utf8(bytes)) object[name + "_base64"] = base64(bytes);
}

Json list_json(const List& list);

// Adds one value under a name; the kinds that need siblings are told apart here.
struct JsonAdder {
  Json& object;
  const std::string& name;

  void operator()(std::monostate) const { object[name] = nullptr; }
  void operator()(bool yes) const { object[name] = yes; }
  void operator()(std::int64_t count) const { object[name] = count; }
  void operator()(double value) const { object[name] = json_number(value); }
  void operator()(const std::string& sentence) const { object[name] = json_text(sentence); }
  void operator()(Bytes bytes) const { object[name] = bytes.count; }
  void operator()(const KeyName& key) const { add_json_name(object, name, key.bytes); }
  void operator()(Share share) const { object[name] = json_number(share.of_one); }
  void operator()(const BytesEstimate& estimate) const { add_json_estimate(object, name, estimate.bytes); }
  void operator()(const CountEstimate& estimate) const { add_json_estimate(object, name, estimate.count); }
  void operator()(Duration duration) const { object[name] = json_seconds(duration.length); }
  void operator()(Instant instant) const { object[name] = iso_instant(instant.since_epoch); }
  void operator()(const List& list) const { object[name] = list_json(list); }
  void operator()(const Object& fields) const {
    Json inner = Json::object();
    add_json(inner, fields);
    object[name] = std::move(inner);
  }
};

// What has siblings must be an object in a list; all else stands as it is.
Json element_json(const Value& value) {
  Json holder = Json::object();
  if (std::holds_alternative<KeyName>(value)) {
    add_json(holder, "key", value);
    return holder;
  }
  if (std::holds_alternative<BytesEstimate>(value)) {
    add_json(holder, "bytes", value);
    return holder;
  }
  if (std::holds_alternative<CountEstimate>(value)) {
    add_json(holder, "count", value);
    return holder;
  }
  add_json(holder, "value", value);
  return holder["value"];
}

Json list_json(const List& list) {
  Json array = Json::array();
  for (const Value& value : list) array.push_back(element_json(value));
  return array;
}

}  // namespace

void add_json(Json& object, const std::string& name, const Value& value) {
  std::visit(JsonAdder{object, name}, value);
}

void add_json(Json& object, const Object& fields) {
  for (const Field& field : fields)
    if (field.audience != Audience::people) add_json(object, field.name, field.value);
}

Json row_json(const std::vector<Column>& columns, const std::vector<Value>& row) {
  Json object = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i)
    add_json(object, columns[i].name, i < row.size() ? row[i] : Value{});
  return object;
}

std::string dump(const Json& json) {
  constexpr int one_line = -1;
  constexpr bool ascii_only = true;
  return json.dump(one_line, ' ', ascii_only, Json::error_handler_t::replace);
}

}  // namespace headroom::report
