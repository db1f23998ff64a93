#include <algorithm>
#include <optional>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/csv_text.h"
#include "report/json_value.h"
#include "report/render.h"

namespace headroom::report {
namespace {

// The cells of one value: one, or three for an estimate, or two for a name.
enum class Shape : std::uint8_t { single, estimate, name };

Shape shape_of(const Value& value) {
  if (std::holds_alternative<KeyName>(value)) return Shape::name;
  const bool estimate =
      std::holds_alternative<BytesEstimate>(value) || std::holds_alternative<CountEstimate>(value);
  return estimate ? Shape::estimate : Shape::single;
}

std::string csv_field(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return {};
  return csv_quoted(dump(*found));
}

std::string csv_cells(const Value& value, Shape shape) {
  if (const auto* key = std::get_if<KeyName>(&value)) return csv_name(key->bytes);
  const std::string spare = shape == Shape::estimate ? ",," : shape == Shape::name ? "," : "";
  if (const auto* sentence = std::get_if<std::string>(&value))
    return csv_text(*sentence, printable(*sentence)) + spare;
  Json holder = Json::object();
  add_json(holder, "v", value);
  if (shape_of(value) != Shape::estimate) {
    if (const Json& v = holder["v"]; v.is_string()) return csv_quoted(v.get<std::string>()) + spare;
    return csv_field(holder, "v") + spare;
  }
  const bool exact = !holder.contains("v_low");
  return csv_field(holder, "v") + ',' + csv_field(holder, exact ? "v" : "v_low") + ',' +
         csv_field(holder, exact ? "v" : "v_high");
}

// Columns have no type, so their cells tell: the widest shape that a row needs is the column's.
std::vector<Shape> column_shapes(const Table& table) {
  std::vector<Shape> shapes(table.columns.size(), Shape::single);
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < std::min(row.size(), shapes.size()); ++i)
      if (const Shape shape = shape_of(row[i]); shape != Shape::single) shapes[i] = shape;
  return shapes;
}

std::string csv_head(const Table& table, const std::vector<Shape>& shapes) {
  std::string line;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string& name = table.columns[i].name;
    line.append(i == 0 ? "" : ",").append(csv_quoted(name));
    if (shapes[i] == Shape::estimate)
      line.append(",").append(name + "_low").append(",").append(name + "_high");
    if (shapes[i] == Shape::name) line.append(",").append(name + "_base64");
  }
  return line;
}

// "true" or "false" for every row, when the report says whether it saw everything.
std::optional<std::string> completeness(const Report& report) {
  for (const Field& field : report.facts)
    if (const bool* complete = std::get_if<bool>(&field.value); complete && field.name == "complete")
      return *complete ? "true" : "false";
  return std::nullopt;
}

void write_csv_table(const Table& table, const std::optional<std::string>& complete, const Sink& sink) {
  const std::vector<Shape> shapes = column_shapes(table);
  sink(csv_head(table, shapes) + (complete ? ",complete" : "") + "\r\n");
  for (const auto& row : table.rows) {
    std::string line;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      line.append(i == 0 ? "" : ",").append(csv_cells(i < row.size() ? row[i] : Value{}, shapes[i]));
    sink(line + (complete ? "," + *complete : "") + "\r\n");
  }
}

// A report without tables becomes a table of one row; objects are spread into "server.version".
void spread(const Object& fields, const std::string& prefix, Table& table) {
  for (const Field& field : fields) {
    if (field.audience == Audience::people) continue;
    if (const auto* inner = std::get_if<Object>(&field.value)) {
      spread(*inner, prefix + field.name + ".", table);
      continue;
    }
    table.columns.push_back({prefix + field.name, ""});
    table.rows[0].push_back(field.value);
  }
}

Error no_such_table(const Report& report, const std::string& wanted) {
  std::string names;
  for (const Table& table : report.tables) names.append(names.empty() ? "" : ", ").append(table.name);
  if (names.empty())
    return {"this report has no tables", "--table " + escape_for_terminal(wanted), "leave --table out",
            Exit::usage};
  return {"this report has no table " + escape_for_terminal(wanted), "--table", "one of: " + names,
          Exit::usage};
}

Result<void> write_csv(const Report& report, const RenderOptions& options, const Sink& sink) {
  if (options.csv_table.empty() && report.tables.empty()) {
    Table facts;
    facts.rows.resize(1);
    spread(report.facts, "", facts);
    write_csv_table(facts, std::nullopt, sink);
    return {};
  }
  for (const Table& table : report.tables) {
    if (!options.csv_table.empty() && table.name != options.csv_table) continue;
    write_csv_table(table, completeness(report), sink);
    return {};
  }
  return fail(no_such_table(report, options.csv_table));
}

}  // namespace

Writer csv() { return {Format::csv, "csv", write_csv}; }

}  // namespace headroom::report
