#include "report/json_value.h"
#include "report/render.h"

namespace headroom::report {
namespace {

void write_ndjson_rows(const Table& table, const Sink& sink) {
  for (const auto& row : table.rows) {
    Json line = {{"record", table.name}};
    line.update(row_json(table.columns, row));
    sink(dump(line) + '\n');
  }
}

Result<void> write_ndjson(const Report& report, const RenderOptions&, const Sink& sink) {
  Json head = {{"record", "report"}, {"schema", report.schema}};
  add_json(head, report.facts);
  add_json(head, "notes", List(report.notes.begin(), report.notes.end()));
  sink(dump(head) + '\n');
  for (const Table& table : report.tables) write_ndjson_rows(table, sink);
  return {};
}

}  // namespace

Writer ndjson() { return {Format::ndjson, "ndjson", write_ndjson}; }

}  // namespace headroom::report
