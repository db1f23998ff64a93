#include "report/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/cell_text.h"

namespace headroom::report {
namespace {

constexpr std::string_view indent = "  ";
constexpr std::size_t gap = 2;
constexpr std::size_t least_name_width = 12;  // "celery…a1b2c" still tells one name from the next

enum class Place : std::uint8_t { hidden, in_line, below, rows };

using Cells = std::vector<std::string>;
struct Block {
  Cells cells{};
  std::vector<Cells> parts{};
  std::vector<std::string> below{};
};
// A table taken apart into what goes where.
struct Grid {
  std::vector<std::size_t> columns{};  // of the table, those that stand in line
  Cells headings{};
  std::vector<bool> right{};
  std::vector<Block> blocks{};
};
struct Fit {
  std::vector<std::size_t> widths{};  // shorter than the grid's columns when some do not fit
};

const Value& cell(const Table& table, std::size_t row, std::size_t column) {
  static const Value none{};
  return column < table.rows[row].size() ? table.rows[row][column] : none;
}

Place place_of(const Table& table, std::size_t column) {
  if (!table.columns[column].in_text) return Place::hidden;
  Place place = table.columns[column].below ? Place::below : Place::in_line;
  for (std::size_t row = 0; row < shown_rows(table); ++row) {
    const Value& value = cell(table, row, column);
    if (is_rows(value)) return Place::rows;
    if (std::holds_alternative<List>(value) || std::holds_alternative<Object>(value)) place = Place::below;
  }
  return place;
}

bool all_quantities(const Table& table, std::size_t column) {
  bool any = false;
  for (std::size_t row = 0; row < shown_rows(table); ++row) {
    const Value& value = cell(table, row, column);
    if (is_blank(value)) continue;
    if (!is_quantity(value)) return false;
    any = true;
  }
  return any;
}

std::string upper_case(std::string_view heading) {
  std::string out(heading);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// One object of a nested list, laid into the columns of its table by name. What has no column there is its
// label.
Cells part_cells(const Table& table, const Grid& grid, const Object& part) {
  Cells cells(grid.columns.size());
  for (const Field& field : part) {
    const auto home = std::find_if(grid.columns.begin(), grid.columns.end(),
                                   [&](std::size_t c) { return table.columns[c].name == field.name; });
    if (home != grid.columns.end())
      cells[static_cast<std::size_t>(home - grid.columns.begin())] = cell_text(field.value);
    else if (field.audience != Audience::programs && !cells.empty() && cells[0].empty())
      cells[0] = std::string(indent) + cell_text(field.value);
  }
  return cells;
}

std::string labelled(const std::string& label, std::string text) {
  return label.empty() ? text : printable(label) + ": " + text;
}

Block block_of(const Table& table, const Grid& grid, const std::vector<Place>& places, std::size_t row) {
  Block block;
  for (const std::size_t column : grid.columns) block.cells.push_back(cell_text(cell(table, row, column)));
  for (std::size_t column = 0; column < places.size(); ++column) {
    const Value& value = cell(table, row, column);
    if (places[column] == Place::rows)
      for (const Value& part : std::get<List>(value))
        if (const auto* object = std::get_if<Object>(&part))
          block.parts.push_back(part_cells(table, grid, *object));
    if (places[column] == Place::below && !is_blank(value))
      block.below.push_back(labelled(table.columns[column].heading, cell_text(value)));
  }
  return block;
}

Grid grid_of(const Table& table) {
  Grid grid;
  std::vector<Place> places;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    places.push_back(place_of(table, column));
    if (places.back() != Place::in_line) continue;
    grid.columns.push_back(column);
    grid.headings.push_back(upper_case(printable(table.columns[column].heading)));
    grid.right.push_back(all_quantities(table, column));
  }
  for (std::size_t row = 0; row < shown_rows(table); ++row)
    grid.blocks.push_back(block_of(table, grid, places, row));
  return grid;
}

std::vector<std::size_t> natural_widths(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (const std::string& heading : grid.headings) widths.push_back(display_width(heading));
  const auto widen = [&](const Cells& cells) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], display_width(cells[i]));
  };
  for (const Block& block : grid.blocks) {
    widen(block.cells);
    for (const Cells& part : block.parts) widen(part);
  }
  return widths;
}

std::size_t line_width(const std::vector<std::size_t>& widths) {
  std::size_t sum = indent.size();
  for (const std::size_t width : widths) sum += width + gap;
  return sum - gap;
}

// Takes columns away from the widest of the names until the line fits. False when they are all at their
// least.
bool shrink(std::vector<std::size_t>& widths, const Grid& grid, std::size_t limit) {
  while (line_width(widths) > limit) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (!grid.right[i] && widths[i] > least_name_width &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size()) return false;
    --widths[widest];
  }
  return true;
}

Fit fit(const Grid& grid, int width) {
  const std::vector<std::size_t> natural = natural_widths(grid);
  if (width <= 0) return {natural};
  for (std::size_t kept = natural.size(); kept > 0; --kept) {
    std::vector<std::size_t> widths(natural.begin(), natural.begin() + static_cast<std::ptrdiff_t>(kept));
    if (shrink(widths, grid, static_cast<std::size_t>(width)) || kept == 1) return {widths};
  }
  return {};
}

void write_cells(const Cells& cells, const Grid& grid, const Fit& fitted, Paint paint,
                 const RenderOptions& options, const Sink& sink) {
  std::string line(indent);
  for (std::size_t i = 0; i < fitted.widths.size(); ++i) {
    const std::string text = truncate_middle(cells[i], fitted.widths[i]);
    const std::string padding(fitted.widths[i] - display_width(text), ' ');
    line += grid.right[i] ? padding + text : text + padding;
    line.append(gap, ' ');
  }
  line.resize(line.find_last_not_of(' ') + 1);
  sink(painted(line, paint, options) + '\n');
}

void write_block(const Block& block, const Grid& grid, const Fit& fitted, const RenderOptions& options,
                 const Sink& sink) {
  write_cells(block.cells, grid, fitted, Paint::plain, options, sink);
  for (const Cells& part : block.parts) write_cells(part, grid, fitted, Paint::dim, options, sink);
  for (const std::string& line : block.below) write_paragraph("      ", line, options, sink);
}

void write_remarks(const Table& table, std::size_t columns_left_out, const RenderOptions& options,
                   const Sink& sink) {
  if (const std::string more = left_out(table); !more.empty()) write_paragraph(indent, more, options, sink);
  if (columns_left_out != 0)
    write_paragraph(indent,
                    fmt::format("{} {} not fit this width", columns_left_out,
                                columns_left_out == 1 ? "column does" : "columns do"),
                    options, sink);
  if (!table.note.empty()) write_paragraph(indent, printable(table.note), options, sink);
}

}  // namespace

void write_text_table(const Table& table, const RenderOptions& options, const Sink& sink) {
  write_heading(table.title, options, sink);
  const Grid grid = grid_of(table);
  const Fit fitted = fit(grid, options.width);
  if (table.rows.empty())
    sink("  none\n");
  else
    write_cells(grid.headings, grid, fitted, Paint::bold, options, sink);
  for (const Block& block : grid.blocks) write_block(block, grid, fitted, options, sink);
  write_remarks(table, table.rows.empty() ? 0 : grid.columns.size() - fitted.widths.size(), options, sink);
}

void write_heading(std::string_view text, const RenderOptions& options, const Sink& sink) {
  for (const std::string& line : wrap(printable(text), static_cast<std::size_t>(std::max(options.width, 0))))
    sink(painted(line, Paint::bold, options) + '\n');
}

void write_paragraph(std::string_view first, std::string_view text, const RenderOptions& options,
                     const Sink& sink) {
  const std::size_t used = display_width(first);
  const auto width = static_cast<std::size_t>(std::max(options.width, 0));
  // Too narrow a column of words is worse than lines that the terminal breaks by itself.
  constexpr std::size_t least = 20;
  std::string begin(first);
  for (const std::string& line : wrap(text, width == 0 ? 0 : std::max(width, used + least) - used)) {
    sink(begin + line + '\n');
    begin.assign(used, ' ');
  }
}

std::string painted(std::string_view text, Paint paint, const RenderOptions& options) {
  constexpr std::array<std::string_view, 4> codes{"", "1", "2", "33"};
  const std::string_view code = codes[static_cast<std::size_t>(paint)];
  if (!options.colour || code.empty() || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace headroom::report
