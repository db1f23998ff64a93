#include "report/render.h"

#include "base/text.h"

namespace headroom::report {

Result<void> render(const Report& report, Format format, const RenderOptions& options, const Sink& sink) {
  for (const Writer& writer : known_formats())
    if (writer.format == format) return writer.write(report, options, sink);
  return fail({"this program was built without that format", "--format", "choose another", Exit::usage});
}

Result<std::string> render(const Report& report, Format format, const RenderOptions& options) {
  std::string out;
  auto done = render(report, format, options, [&](std::string_view piece) { out += piece; });
  if (!done) return fail(done.error());
  return out;
}

Result<Format> format_named(std::string_view name) {
  std::string names;
  for (const Writer& writer : known_formats()) {
    if (writer.name == name) return writer.format;
    names.append(names.empty() ? "" : ", ").append(writer.name);
  }
  return fail(
      {"there is no format " + escape_for_terminal(name), "--format", "one of: " + names, Exit::usage});
}

}  // namespace headroom::report
