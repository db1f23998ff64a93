#include "report/csv_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/render.h"

namespace headroom::report {
namespace {

// Spreadsheets run what begins like this; some also take the full-width forms (OWASP, "CSV injection").
bool looks_like_formula(std::string_view text) {
  constexpr std::array<std::string_view, 10> starts{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
  return std::any_of(starts.begin(), starts.end(),
                     [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

std::string csv_quoted(std::string_view text) {
  if (text.find_first_of(",\" ") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? "\"\"" : std::string(1, c));
  return quoted + '"';
}

std::string csv_text(std::string_view raw, std::string_view visible) {
  return csv_quoted((looks_like_formula(raw) ? "'" : "") + std::string(visible));
}

std::string csv_name(std::string_view bytes) {
  if (bytes.size() > longest_name) return csv_text(bytes, shortened_name(bytes)) + ',';
  const std::string visible = escaped(bytes);
  const bool exact = visible == bytes && !looks_like_formula(bytes);
  return csv_text(bytes, visible) + ',' + (exact ? "" : base64(bytes));
}

}  // namespace headroom::report
