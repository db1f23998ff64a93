#include "report/cell_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace headroom::report {
namespace {

// Rounded and held within what a count can be; a negative one keeps its sign.
std::string signed_text(double value, std::string (*magnitude_text)(std::uint64_t)) {
  if (!std::isfinite(value)) return "?";
  constexpr double largest = 1.8e19;
  const auto magnitude = static_cast<std::uint64_t>(std::min(std::round(std::abs(value)), largest));
  return (value < 0 && magnitude != 0 ? "-" : "") + magnitude_text(magnitude);
}

std::string estimate_text(const Estimate& estimate, std::string (*magnitude_text)(std::uint64_t)) {
  const std::string value = signed_text(estimate.value, magnitude_text);
  if (estimate.exact() || !std::isfinite(estimate.value)) return value;
  const double half_width = std::max(estimate.high - estimate.value, estimate.value - estimate.low);
  if (half_width < std::abs(estimate.value))
    return value + " ±" + human_share(half_width / std::abs(estimate.value));
  return value + " (at most " + signed_text(estimate.high, magnitude_text) + ")";
}

std::string bytes_magnitude(std::uint64_t count) { return human_bytes({count}); }

constexpr std::size_t name_head = 1024, name_tail = 256;

struct CellText {
  std::string operator()(std::monostate) const { return "-"; }
  std::string operator()(bool yes) const { return yes ? "yes" : "no"; }
  std::string operator()(std::int64_t count) const {
    const auto bits = static_cast<std::uint64_t>(count);
    return count < 0 ? "-" + human_count(0 - bits) : human_count(bits);
  }
  std::string operator()(double value) const {
    return std::isfinite(value) ? fmt::format("{:.4g}", value) : "?";
  }
  std::string operator()(const std::string& sentence) const { return printable(sentence); }
  std::string operator()(Bytes bytes) const { return human_bytes(bytes); }
  std::string operator()(const KeyName& key) const {
    return key.bytes.size() > name_head + name_tail ? shortened_name(key.bytes)
                                                    : escape_for_terminal(key.bytes);
  }
  std::string operator()(Share share) const { return human_share(share.of_one); }
  std::string operator()(const BytesEstimate& estimate) const { return bytes_text(estimate.bytes); }
  std::string operator()(const CountEstimate& estimate) const { return count_text(estimate.count); }
  std::string operator()(Duration duration) const { return human_duration(duration.length); }
  std::string operator()(Instant instant) const { return human_instant(instant.since_epoch); }
  std::string operator()(const List& list) const {
    std::string out;
    for (const Value& value : list) out.append(out.empty() ? "" : ", ").append(cell_text(value));
    return out;
  }
  std::string operator()(const Object& fields) const {
    std::string out;
    for (const Field& field : fields) {
      if (field.audience == Audience::programs || is_blank(field.value)) continue;
      const std::string& name = field.heading.empty() ? field.name : field.heading;
      out.append(out.empty() ? "" : ", ").append(printable(name)).append(" ").append(cell_text(field.value));
    }
    return out;
  }
};

}  // namespace

std::string cell_text(const Value& value) { return std::visit(CellText{}, value); }

std::string shortened_name(std::string_view bytes) {
  return fmt::format("{}…{} [{} bytes, xxh3 {}]", escaped(bytes.substr(0, name_head)),
                     escaped(bytes.substr(bytes.size() - name_tail)), bytes.size(), fingerprint(bytes));
}

std::string bytes_text(const Estimate& estimate) { return estimate_text(estimate, bytes_magnitude); }

std::string count_text(const Estimate& estimate) { return estimate_text(estimate, human_count); }

bool is_quantity(const Value& value) {
  return !std::holds_alternative<std::monostate>(value) && !std::holds_alternative<bool>(value) &&
         !std::holds_alternative<std::string>(value) && !std::holds_alternative<KeyName>(value) &&
         !std::holds_alternative<List>(value) && !std::holds_alternative<Object>(value);
}

bool is_rows(const Value& value) {
  const List* list = std::get_if<List>(&value);
  return list != nullptr && !list->empty() && std::holds_alternative<Object>(list->front());
}

bool is_blank(const Value& value) {
  if (const auto* sentence = std::get_if<std::string>(&value)) return sentence->empty();
  if (const auto* list = std::get_if<List>(&value)) return list->empty();
  if (const auto* fields = std::get_if<Object>(&value)) return fields->empty();
  return std::holds_alternative<std::monostate>(value);
}

std::string field_heading(const Field& field) {
  if (!field.heading.empty()) return field.heading;
  std::string heading = field.name;
  std::replace(heading.begin(), heading.end(), '_', ' ');
  if (!heading.empty() && heading[0] >= 'a' && heading[0] <= 'z')
    heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
  return heading;
}

std::size_t shown_rows(const Table& table) {
  return table.text_rows == 0 ? table.rows.size() : std::min(table.text_rows, table.rows.size());
}

std::string left_out(const Table& table) {
  const std::size_t hidden = table.rows.size() - shown_rows(table);
  return hidden == 0 ? "" : "and " + human_count(hidden) + " more; --format json lists all";
}

}  // namespace headroom::report
