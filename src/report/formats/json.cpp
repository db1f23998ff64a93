#include "report/json_value.h"
#include "report/render.h"

namespace headroom::report {
namespace {

// Written by hand around one-line values: a row per line keeps the file readable, greppable and flat in
// memory.
void write_json_table(const Table& table, const Sink& sink) {
  sink(",\n  " + dump(table.name) + ": [");
  const char* separator = "\n    ";
  for (const auto& row : table.rows) {
    sink(separator + dump(row_json(table.columns, row)));
    separator = ",\n    ";
  }
  sink(table.rows.empty() ? "]" : "\n  ]");
}

Result<void> write_json(const Report& report, const RenderOptions&, const Sink& sink) {
  Json head = Json::object();
  head["schema"] = report.schema;
  add_json(head, report.facts);
  const char* separator = "{\n  ";
  for (const auto& [name, value] : head.items()) {
    sink(separator + dump(name) + ": " + dump(value));
    separator = ",\n  ";
  }
  for (const Table& table : report.tables) write_json_table(table, sink);
  Json notes = Json::object();
  add_json(notes, "notes", List(report.notes.begin(), report.notes.end()));
  sink(",\n  \"notes\": " + dump(notes["notes"]) + "\n}\n");
  return {};
}

}  // namespace

Writer json() { return {Format::json, "json", write_json}; }

}  // namespace headroom::report
