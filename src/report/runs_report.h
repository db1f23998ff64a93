#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "model/report.h"
#include "model/run.h"

/// The runs that a state folder remembers: `headroom undo list`.
namespace headroom::report {

struct RunLine {
  std::string id{};
  const RunReport* report = nullptr;  ///< null: it was killed before it could write one
  std::uint64_t disk_bytes = 0;
  std::chrono::seconds age{};
  bool quarantined = false;
};

/// The report "headroom.runs/1". Facts: state (the folder), runs, disk_bytes. Table runs: run, target, age,
/// complete, removed, keys, bytes_freed, quarantined, disk_bytes.
Report runs_report(const std::string& state, std::span<const RunLine> runs);

}  // namespace headroom::report
