#include "report/growth_report.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "report/cell_text.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

Estimate grown(const GrowthRow& row) {
  return {row.bytes_after.value - row.bytes_before.value, row.bytes_after.low - row.bytes_before.high,
          row.bytes_after.high - row.bytes_before.low};
}

bool changed(const GrowthRow& row) {
  return row.keys_before != row.keys_after || row.bytes_before.value != row.bytes_after.value;
}

Value keys_grown(const GrowthRow& row) {
  return static_cast<std::int64_t>(row.keys_after) - static_cast<std::int64_t>(row.keys_before);
}

std::vector<const GrowthRow*> ranked(std::span<const GrowthRow> rows, std::string_view kind) {
  std::vector<const GrowthRow*> out;
  for (const GrowthRow& row : rows)
    if (row.kind == kind && changed(row)) out.push_back(&row);
  std::sort(out.begin(), out.end(), [](const GrowthRow* a, const GrowthRow* b) {
    return std::make_tuple(-grown(*a).value, std::string_view(a->name), a->db) <
           std::make_tuple(-grown(*b).value, std::string_view(b->name), b->db);
  });
  return out;
}

Table growth_table(std::span<const GrowthRow> rows, std::string_view kind, std::string name,
                   const std::string& title) {
  const bool is_family = kind == "family";
  Table table{std::move(name),
              title + ": bytes grown, largest first",
              {{std::string(kind), field_heading({std::string(kind)})}}};
  if (!is_family) table.columns.insert(table.columns.end(), {{"family", "Family"}, {"db", "Db", false}});
  table.columns.insert(table.columns.end(), {{"bytes_grown", "Bytes grown"},
                                             {"keys_grown", "Keys grown"},
                                             {"bytes_before", "Bytes before"},
                                             {"bytes_after", "Bytes after"},
                                             {"keys_before", "Keys before"},
                                             {"keys_after", "Keys after"}});
  for (const GrowthRow* row : ranked(rows, kind)) {
    std::vector<Value> cells{is_family ? family_value(row->name) : name_value(row->name)};
    if (!is_family) cells.insert(cells.end(), {family_value(row->family), count_value(row->db)});
    cells.insert(cells.end(), {BytesEstimate{grown(*row)}, keys_grown(*row), BytesEstimate{row->bytes_before},
                               BytesEstimate{row->bytes_after}, count_value(row->keys_before),
                               count_value(row->keys_after)});
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Value when(std::chrono::milliseconds moment) {
  return moment.count() == 0 ? Value{} : Value{Instant{moment}};
}

}  // namespace

Report growth_report(const GrowthSpan& span, std::span<const GrowthRow> rows, std::size_t top) {
  Report report{"headroom.growth/1", "Growth of " + span.target};
  const bool timed = span.before.count() != 0 && span.after.count() != 0;
  report.facts = {for_programs("target", span.target),
                  for_programs("complete", span.complete),
                  {"before", when(span.before)},
                  {"after", when(span.after)},
                  {"between", timed ? Value{Duration{span.after - span.before}} : Value{}}};
  report.tables = {growth_table(rows, "family", "families", "Families"),
                   growth_table(rows, "owner", "owners", "Owners"),
                   growth_table(rows, "pattern", "patterns", "Patterns")};
  for (Table& table : report.tables) table.text_rows = top;
  if (!span.complete) {
    report.title += " (PARTIAL)";
    report.notes.push_back(
        "PARTIAL: one of the two audits was stopped early; what it did not see looks like growth or loss.");
  }
  return report;
}

}  // namespace headroom::report
