#include "source/live/meter.h"

namespace headroom::source {
namespace {

constexpr std::chrono::milliseconds report_every{100};

}  // namespace

Meter::Meter(const ScanOptions& options, const OnProgress& progress)
    : options_(options),
      progress_(progress),
      started_(options.clock.now()),
      next_report_(started_ + report_every),
      next_check_(started_ + options.identity_check) {}

Meter::Time Meter::tick() {
  const Time time = now();
  counted.took = std::chrono::duration_cast<std::chrono::milliseconds>(time - started_);
  if (progress_ && time >= next_report_) report(time);
  if (time >= next_report_) next_report_ = time + report_every;
  return time;
}

void Meter::report(Time time) const {
  const double seconds = std::chrono::duration<double>(time - started_).count();
  progress_({counted.keys, counted.expected, static_cast<double>(counted.keys) / seconds});
}

std::string_view Meter::exhausted(Time time) const {
  if (options_.time_budget && time - started_ >= *options_.time_budget) return "the time budget ended";
  if (options_.page_budget && pages >= *options_.page_budget) return "the page budget ended";
  return {};
}

void Meter::forget_counts() {
  counted.keys = 0;
  counted.asked = 0;
  counted.denied = 0;
}

}  // namespace headroom::source
