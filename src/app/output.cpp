#include "app/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "app/output_file.h"
#include "base/text.h"
#include "report/error_text.h"
#include "report/render.h"

namespace headroom::app {
namespace {

constexpr int width_of_files = 120;

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : width_of_files;
}

bool wants_colour(const Invocation& invocation) {
  const auto& options = invocation.options;
  if (options.color != "auto") return options.color == "always";
  if (!stdout_is_for_people(options)) return false;
  // no-color.org: any value that is not empty counts.
  if (const auto no_color = invocation.environment("NO_COLOR"); no_color && !no_color->empty()) return false;
  return invocation.environment("TERM").value_or("dumb") != "dumb";
}

}  // namespace

Result<std::string> rendered(const Report& report, const Invocation& invocation) {
  const auto& options = invocation.options;
  report::RenderOptions style;
  style.colour = wants_colour(invocation);
  style.width = options.output.empty() ? terminal_width() : width_of_files;
  style.csv_table = options.table;
  const auto format = report::format_named(options.format.empty() ? "text" : options.format);
  if (!format) return fail(format.error());
  return report::render(report, *format, style);
}

Result<bool> emit(const Report& report, const Invocation& invocation) {
  const auto text = rendered(report, invocation);
  if (!text) return fail(text.error());
  const auto out = OutputFile::open(invocation.options.output);
  if (!out) return fail(out.error());
  (*out)->write(*text);
  return (*out)->finish();
}

void complain(const Error& error, std::string_view format) {
  const bool json = format == "json" || format == "ndjson";
  const auto text = json ? report::error_json(error) : report::error_text(error);
  std::fputs(text.c_str(), stderr);
}

void tell(std::string_view line) { std::fputs(("headroom: " + printable(line) + "\n").c_str(), stderr); }

bool stderr_is_for_people(const Options& options) { return !options.quiet && ::isatty(STDERR_FILENO) != 0; }

bool stdout_is_for_people(const Options& options) {
  return options.output.empty() && ::isatty(STDOUT_FILENO) != 0;
}

}  // namespace headroom::app
