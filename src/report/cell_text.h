#pragma once

#include <string>
#include <string_view>

#include "model/report.h"

/// Values as people read them; shared by text and markdown.
namespace headroom::report {

/// One line without control bytes: "5.28 GiB ±1.2 %", "3 712 004", "-" for what is unknown. Lists and objects
/// are joined with commas. A name keeps its beginning and end when it is far too long for any line.
std::string cell_text(const Value& value);

/// A name too long for any reader: its beginning and end escaped, its length and its fingerprint():
/// "aaaa…zzzz [70000 bytes, xxh3 0123456789abcdef]". Needs: at least 1280 bytes.
std::string shortened_name(std::string_view bytes);

/// "5.28 GiB ±1.2 %"; "3.00 MiB (at most 9.00 MiB)" where a percentage would say nothing.
std::string bytes_text(const Estimate& estimate);

/// "3 700 000 ±0.1 %", likewise.
std::string count_text(const Estimate& estimate);

/// What stands at the right edge of its column.
bool is_quantity(const Value& value);

/// A list of objects: the formats show it as rows below the row it belongs to.
bool is_rows(const Value& value);

/// Nothing to show: unknown, or an empty text, list or object.
bool is_blank(const Value& value);

/// The heading of a field: its own, or "Used memory" for used_memory.
std::string field_heading(const Field& field);

/// "and 12 more; --format json lists all"; empty when `rows` fit.
std::string left_out(const Table& table);

/// Rows of `table` that people see.
std::size_t shown_rows(const Table& table);

}  // namespace headroom::report
