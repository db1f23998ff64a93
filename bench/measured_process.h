#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headroom::bench {

/// What one run of a program cost.
struct ProcessCost {
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_resident = 0;  ///< bytes, by wait4(): programs and libraries included
  std::uint64_t peak_anonymous =
      0;  ///< bytes, the largest of samples every 10 ms: what the program itself asked for
};

/// Runs `command` without a shell, its output in the file `output`, its complaints in `output`.err, and waits
/// for it. Throws std::runtime_error when it cannot be started or ends with another code than 0 or 1
/// (headroom: something was found). wait4() counts the pages this process had when it started the child: call
/// it from a process smaller than the one to measure.
ProcessCost run_measured(const std::vector<std::string>& command, const std::string& output);

}  // namespace headroom::bench
