#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
  std::optional<std::uint64_t>
      steps_back{};                       ///< that undos of it put back; empty: their journal cannot be read
  std::chrono::milliseconds undone_at{};  ///< the last of them, by the server's clock; 0: not known
};

/// The report "headroom.runs/1". Facts: state (the folder), runs, disk_bytes. Table runs: run, target, age,
/// complete, removed, keys, bytes_freed, undone ("no", "partly", "wholly"), undone_steps, undone_at,
/// quarantined, disk_bytes. An undo has no id of its own: it is part of the run that it takes back.
Report runs_report(const std::string& state, std::span<const RunLine> runs);

}  // namespace headroom::report
