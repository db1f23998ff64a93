#include "app/progress.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "app/output.h"
#include "base/text.h"

namespace headroom::app {
namespace {

constexpr std::string_view start_of_line = "\r\x1b[K";  // and wipe what stands there

}  // namespace

ProgressLine::ProgressLine(const Options& options) : on_(stderr_is_for_people(options)) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs(std::string(start_of_line).c_str(), stderr);
}

void ProgressLine::show(const source::ScanProgress& progress) {
  if (!on_) return;
  auto line = fmt::format("{}{} keys, {}/s", start_of_line, human_count(progress.keys),
                          human_count(static_cast<std::uint64_t>(progress.keys_per_second)));
  if (progress.expected > progress.keys && progress.keys_per_second > 0) {
    const auto left = static_cast<double>(progress.expected - progress.keys) / progress.keys_per_second;
    line += fmt::format(" of {}, {:.0f} s left", human_count(progress.expected), left);
  }
  std::fputs(line.c_str(), stderr);
  shown_ = true;
}

}  // namespace headroom::app
