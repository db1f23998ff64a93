#include "report/families_report.h"

#include "base/text.h"
#include "report/pieces.h"

namespace headroom::report {

Report families_report(std::span<const FamilyRow> rows) {
  Report report{"headroom.families/1", "What headroom knows of each library's keys"};
  Table table{"shapes",
              "Kinds of keys",
              {{"family", "Family"},
               {"title", "Library", false},
               {"shape", "Key"},
               {"types", "Type"},
               {"role", "Role"},
               {"care", "Care"},
               {"debris", "Debris"},
               {"why", "why", true, true}}};
  table.text_rows = 0;
  for (const FamilyRow& row : rows)
    table.rows.push_back({row.family, text_value(row.title), row.shape, text_value(row.types),
                          text_value(row.role), text_value(row.care), text_value(row.debris),
                          text_value(row.why)});
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace headroom::report
