#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/key_record.h"
#include "source/live_scan.h"

namespace headroom::source {

/// The clock of one scan and what depends on it: what it has counted, its budgets, its progress reports, its
/// identity checks.
class Meter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The time budget starts to run here. Keeps both references.
  Meter(const ScanOptions& options, const OnProgress& progress);

  Time now() const { return options_.clock.now(); }
  void sleep(std::chrono::nanoseconds length) const { options_.clock.sleep(length); }
  /// Reports progress when a report is due. Returns the time.
  Time tick();

  /// Why no more pages may be asked for; empty while they may. A literal.
  std::string_view exhausted(Time now) const;
  bool check_due(Time now) const { return now >= next_check_; }
  void checked() { next_check_ = now() + options_.identity_check; }
  /// Names and details are to be counted from zero; budgets and time are not.
  void forget_counts();

  ScanOutcome counted{};
  std::uint64_t pages = 0;

 private:
  void report(Time now) const;

  const ScanOptions& options_;
  const OnProgress& progress_;
  Time started_;
  Time next_report_;
  Time next_check_;
};

}  // namespace headroom::source
