#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace headroom::bench {

/// How well an audit by sample names the truth that a whole audit measured.
struct IntervalCheck {
  std::size_t inside = 0, outside = 0;
  std::size_t missing = 0;  ///< patterns that only one of the two reports has
  std::size_t exact = 0;    ///< of `inside`: no interval, every key was measured
  double total_error = 0;   ///< (sampled sum - exact sum) / exact sum
  double mean_half_width =
      0;  ///< half the interval / exact bytes, weighted by bytes: an interval of any width contains the truth
  std::vector<std::string> misses;  ///< one line for each outside or missing pattern
};

/// How many keys a report of `headroom audit --format json` speaks of. Throws std::runtime_error when the
/// file is none, or the audit stopped early.
double reported_keys(const std::string& file);

/// Reads two files of `headroom audit --format json` and joins their patterns on db and pattern. Throws
/// std::runtime_error when a file is no such report.
IntervalCheck check_intervals(const std::string& sampled_file, const std::string& exact_file);

}  // namespace headroom::bench
