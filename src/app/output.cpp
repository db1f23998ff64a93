#include "app/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

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
  if (!options.output.empty() || ::isatty(STDOUT_FILENO) == 0) return false;
  // no-color.org: any value that is not empty counts.
  if (const auto no_color = invocation.environment("NO_COLOR"); no_color && !no_color->empty()) return false;
  return invocation.environment("TERM").value_or("dumb") != "dumb";
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Error cannot_write(const std::string& path) {
  return {fmt::format("cannot write the report: {}", std::strerror(errno)), path,
          "--output FILE with another place", Exit::usage};
}

Result<bool> write_file(const std::string& path, std::string_view text) {
  const auto beside = fmt::format("{}.{}.part", path, ::getpid());
  const int fd =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return fail(cannot_write(path));
  const bool written = write_all(fd, text) && ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  if (written && ::rename(beside.c_str(), path.c_str()) == 0) return true;
  if (!written) errno = why;
  const auto error = cannot_write(path);
  ::unlink(beside.c_str());
  return fail(error);
}

}  // namespace

Result<bool> emit(const Report& report, const Invocation& invocation) {
  const auto& options = invocation.options;
  report::RenderOptions style;
  style.colour = wants_colour(invocation);
  style.width = options.output.empty() ? terminal_width() : width_of_files;
  style.csv_table = options.table;
  const auto format = report::format_named(options.format);
  if (!format) return fail(format.error());
  const auto text = report::render(report, *format, style);
  if (!text) return fail(text.error());
  if (!options.output.empty() && options.output != "-") return write_file(options.output, *text);
  if (!write_all(STDOUT_FILENO, *text) && errno != EPIPE) return fail(cannot_write("standard output"));
  return true;
}

void complain(const Error& error, std::string_view format) {
  const bool json = format == "json" || format == "ndjson";
  const auto text = json ? report::error_json(error) : report::error_text(error);
  write_all(STDERR_FILENO, text);
}

void tell(std::string_view line) { write_all(STDERR_FILENO, fmt::format("headroom: {}\n", printable(line))); }

bool stderr_is_for_people(const Options& options) { return !options.quiet && ::isatty(STDERR_FILENO) != 0; }

}  // namespace headroom::app
