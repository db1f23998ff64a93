#pragma once

#include <string>
#include <string_view>

#include "model/report.h"
#include "report/render.h"

/// Tables on a terminal. Of the text format.
namespace headroom::report {

/// Writes the title, the columns and the rows of `table`. Columns fit options.width: names give way in the
/// middle first, then columns at the right are left out, and a line says so. A cell that is a list of objects
/// becomes indented rows that share the columns of the table by name; a column that is `below`, and any other
/// list or object, gets a line of its own.
void write_text_table(const Table& table, const RenderOptions& options, const Sink& sink);

/// Writes `text` in bold, broken to options.width.
void write_heading(std::string_view text, const RenderOptions& options, const Sink& sink);

/// Writes `text` broken to options.width; the first line begins with `first`, the others with as many blanks.
void write_paragraph(std::string_view first, std::string_view text, const RenderOptions& options,
                     const Sink& sink);

/// The only colours there are. They mean nothing that the words do not say as well.
enum class Paint : std::uint8_t { plain, bold, dim, warning };

/// `text` in that colour when options.colour is set.
std::string painted(std::string_view text, Paint paint, const RenderOptions& options);

}  // namespace headroom::report
