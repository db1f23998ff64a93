#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/report.h"

/// A Report as bytes. What each format promises, whatever the names of the keys are (REP-1, F08-F11):
///  - no format ever emits a raw control byte, C1 control, direction mark or invalid UTF-8 but its own line
///  ends (and
///    colours, when asked for);
///  - text: aligned columns within `width`, names as escape_for_terminal() writes them, long ones cut in the
///  middle,
///    tables cut after `text_rows` with the number left out;
///  - json: one object, pure ASCII, one table row per line. A name that is valid UTF-8 is exact; any other is
///  shown
///    escaped with `<name>_base64` beside it. A name in a list is an object {"key", "key_base64"}. Estimates
///    add
///    `_low` and `_high` when not exact. Bytes are integers, durations seconds, moments RFC 3339, shares 0 to
///    1, unknown is null. A name above longest_name bytes keeps its beginning, and gets `<name>_length`;
///  - ndjson: the facts first ("record":"report"), then a line per row ("record":"<table>");
///  - csv: RFC 4180, one table; its last column repeats the report's fact "complete" where there is one,
///  since a CSV has no
///    other place to say it. Text that a spreadsheet would take for a formula gets an apostrophe in front.
///    Estimates are always three columns; a name column has `<name>_base64` after it, filled where the cell
///    is not exactly the name. Lists and objects are JSON inside the cell. A report without tables is one row
///    of its facts;
///  - markdown: GitHub's tables; whatever could be markup, HTML or a link is escaped.
namespace headroom::report {

enum class Format : std::uint8_t { text, json, ndjson, csv, markdown };

/// Names longer than this are cut in every format: Redis allows 512 MB, and no reader of a report survives
/// that.
inline constexpr std::size_t longest_name = std::size_t{1} << 20U;

struct RenderOptions {
  bool colour = false;
  int width = 0;            ///< columns of the terminal; 0: no limit
  std::string csv_table{};  ///< name of the table for csv; empty: the first
};

/// Takes the next piece of the output. Pieces end anywhere.
using Sink = std::function<void(std::string_view)>;

/// Writes `report` to `sink` piece by piece, so that a report of a million rows needs the memory of one.
/// Error (Exit::usage): csv_table names no table of this report; then nothing was written.
Result<void> render(const Report& report, Format format, const RenderOptions& options, const Sink& sink);

/// The same as one text.
Result<std::string> render(const Report& report, Format format, const RenderOptions& options = {});

/// The format of that name: "text", "json", ... Error (Exit::usage) lists the names there are.
Result<Format> format_named(std::string_view name);

/// One format. Each file in formats/ defines the function of its name that returns one (rule 5 of the house).
struct Writer {
  Format format{};
  std::string_view name{};
  Result<void> (*write)(const Report&, const RenderOptions&, const Sink&) = nullptr;
};

/// Every format, from formats/. In order of file name.
std::vector<Writer> known_formats();

}  // namespace headroom::report
