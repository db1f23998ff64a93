#include <algorithm>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/text_table.h"

namespace headroom::report {
namespace {

bool is_for_people(const Field& field) { return field.audience != Audience::programs; }

void write_text_facts(const Object& facts, const RenderOptions& options, const Sink& sink) {
  std::size_t widest = 0;
  for (const Field& field : facts)
    if (is_for_people(field)) widest = std::max(widest, display_width(printable(field_heading(field))));
  for (const Field& field : facts) {
    if (!is_for_people(field)) continue;
    std::string label = printable(field_heading(field)) + ":";
    label.append(widest + 3 - display_width(label), ' ');
    write_paragraph(label, is_blank(field.value) ? "unknown" : cell_text(field.value), options, sink);
  }
}

Result<void> write_text(const Report& report, const RenderOptions& options, const Sink& sink) {
  write_heading(report.title, options, sink);
  write_text_facts(report.facts, options, sink);
  for (const Table& table : report.tables) {
    sink("\n");
    write_text_table(table, options, sink);
  }
  if (!report.notes.empty()) sink("\n" + painted("Notes", Paint::warning, options) + '\n');
  for (const std::string& note : report.notes) write_paragraph("- ", printable(note), options, sink);
  return {};
}

}  // namespace

Writer text() { return {Format::text, "text", write_text}; }

}  // namespace headroom::report
