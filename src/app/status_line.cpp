#include "app/status_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/output.h"
#include "base/text.h"

namespace headroom::app {
namespace {

constexpr std::string_view start_of_line = "\r\x1b[K";  // and wipe what stands there

}  // namespace

StatusLine::StatusLine(const Options& options) : on_(stderr_is_for_people(options)) {}

StatusLine::~StatusLine() {
  if (shown_) std::fputs(std::string(start_of_line).c_str(), stderr);
}

void StatusLine::steps(const act::ApplyProgress& progress) {
  const std::lock_guard lock(mutex_);
  progress_ = progress;
  progress_.waiting_for = {};
  show();
}

void StatusLine::waits(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  reason_ = printable(reason);
  show();
}

void StatusLine::show() {
  if (!on_) return;
  auto line =
      fmt::format("{}{} of {} steps", start_of_line, human_count(progress_.steps), human_count(progress_.of));
  if (!reason_.empty()) line += ", waiting: " + reason_;
  std::fputs(line.c_str(), stderr);
  shown_ = true;
}

}  // namespace headroom::app
