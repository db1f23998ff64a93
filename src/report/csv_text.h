#pragma once

#include <string>
#include <string_view>

/// Cells of a CSV (RFC 4180), as render.h promises them.
namespace headroom::report {

/// In quotes where the text holds a comma, a quote or a blank.
std::string csv_quoted(std::string_view text);

/// `visible` as a cell; with an apostrophe in front where a spreadsheet would take `raw` for a formula.
std::string csv_text(std::string_view raw, std::string_view visible);

/// The two cells of a name: as people see it, and in base64 where that is not exactly the name.
std::string csv_name(std::string_view bytes);

}  // namespace headroom::report
