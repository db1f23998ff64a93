#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "report/spool.h"

/// JSON written straight to a buffer, for outputs of millions of lines; the same contract as json_value.h:
/// pure ASCII, whatever the bytes are.
namespace headroom::report {

/// `text` in quotes, exactly. Needs: valid UTF-8.
void append_json_text(std::string& out, std::string_view text);

/// `"name":"..."`, and where the name is not UTF-8 or far too long for a report, the siblings that render.h
/// promises.
void append_json_name(std::string& out, std::string_view name, std::string_view bytes);

/// A number; an infinite one and "nan" as text, since JSON has none.
void append_json_score(std::string& out, double score);

void append_number(std::string& out, std::uint64_t number);

/// Bytes of a value: a text when they are UTF-8, otherwise {"base64":"..."}. Long ones go to `spool` in
/// pieces.
void write_json_bytes(Spool& spool, std::string_view bytes);

}  // namespace headroom::report
