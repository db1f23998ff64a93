#include <algorithm>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/render.h"

namespace headroom::report {
namespace {

// Backslashes for what is markup anywhere in a line, entities for what is HTML. "://" and "www." are links
// without any markup, so their punctuation becomes an entity, which the reader sees as before.
std::string markdown_text(std::string_view visible) {
  constexpr std::string_view markup = "\\`*_[]|~#$!";
  std::string out;
  for (std::size_t i = 0; i < visible.size(); ++i) {
    const char c = visible[i];
    const std::string_view rest = visible.substr(i);
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')
      out += "&#64;";
    else if (rest.starts_with("://"))
      out += "&#58;";
    else if (c == '.' && i >= 3 && visible.substr(i - 3, 3) == "www")
      out += "&#46;";
    else
      out.append(markup.find(c) == std::string_view::npos ? "" : "\\").append(1, c);
  }
  return out;
}

std::string markdown_cell(const Value& value) { return markdown_text(cell_text(value)); }

void write_markdown_row(const std::vector<std::string>& cells, const Sink& sink) {
  std::string line = "|";
  for (const std::string& text : cells) line += " " + text + " |";
  sink(line + '\n');
}

bool holds_rows(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return column < row.size() && is_rows(row[column]); });
}

std::vector<std::size_t> visible_columns(const Table& table) {
  std::vector<std::size_t> visible;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].in_text && !holds_rows(table, i)) visible.push_back(i);
  return visible;
}

// A nested object as a row: fields go to the columns of their name, the first without one is the label.
std::vector<std::string> markdown_part(const Table& table, const std::vector<std::size_t>& visible,
                                       const Object& part) {
  std::vector<std::string> cells(visible.size());
  for (const Field& field : part) {
    const auto home = std::find_if(visible.begin(), visible.end(),
                                   [&](std::size_t c) { return table.columns[c].name == field.name; });
    if (home != visible.end())
      cells[static_cast<std::size_t>(home - visible.begin())] = markdown_cell(field.value);
    else if (field.audience != Audience::programs && !cells.empty() && cells[0].empty())
      cells[0] = "— " + markdown_cell(field.value);
  }
  return cells;
}

void write_markdown_parts(const Table& table, const std::vector<std::size_t>& visible,
                          const std::vector<Value>& row, const Sink& sink) {
  for (std::size_t i = 0; i < std::min(row.size(), table.columns.size()); ++i) {
    if (!table.columns[i].in_text || !is_rows(row[i])) continue;
    for (const Value& part : std::get<List>(row[i]))
      if (const auto* object = std::get_if<Object>(&part))
        write_markdown_row(markdown_part(table, visible, *object), sink);
  }
}

void write_markdown_head(const Table& table, const std::vector<std::size_t>& visible, const Sink& sink) {
  std::vector<std::string> headings, rules;
  for (const std::size_t column : visible) {
    headings.push_back(markdown_text(printable(table.columns[column].heading)));
    const bool right = std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return column < row.size() && is_quantity(row[column]);
    });
    rules.emplace_back(right ? "---:" : "---");
  }
  write_markdown_row(headings, sink);
  write_markdown_row(rules, sink);
}

void write_markdown_table(const Table& table, const Sink& sink) {
  sink("\n## " + markdown_text(printable(table.title)) + "\n\n");
  if (table.rows.empty()) {
    sink("none\n");
  } else {
    const std::vector<std::size_t> visible = visible_columns(table);
    write_markdown_head(table, visible, sink);
    for (std::size_t i = 0; i < shown_rows(table); ++i) {
      const auto& row = table.rows[i];
      std::vector<std::string> cells;
      for (const std::size_t column : visible)
        cells.push_back(column < row.size() ? markdown_cell(row[column]) : "");
      write_markdown_row(cells, sink);
      write_markdown_parts(table, visible, row, sink);
    }
  }
  for (const std::string& remark : {left_out(table), table.note})
    if (!remark.empty()) sink("\n" + markdown_text(printable(remark)) + '\n');
}

Result<void> write_markdown(const Report& report, const RenderOptions&, const Sink& sink) {
  sink("# " + markdown_text(printable(report.title)) + "\n\n");
  for (const Field& field : report.facts)
    if (field.audience != Audience::programs)
      sink("- **" + markdown_text(printable(field_heading(field))) + ":** " +
           (is_blank(field.value) ? "unknown" : markdown_cell(field.value)) + '\n');
  for (const Table& table : report.tables) write_markdown_table(table, sink);
  if (!report.notes.empty()) sink("\n## Notes\n\n");
  for (const std::string& note : report.notes) sink("- " + markdown_text(printable(note)) + '\n');
  return {};
}

}  // namespace

Writer markdown() { return {Format::markdown, "markdown", write_markdown}; }

}  // namespace headroom::report
