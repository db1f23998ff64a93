#include "report/runs_report.h"

#include "report/pieces.h"

namespace headroom::report {
namespace {

/// Of a run that was killed nobody has counted how much "wholly" would be.
Value undone(const RunLine& run) {
  if (!run.steps_back) return {};
  if (*run.steps_back == 0) return std::string("no");
  return std::string(run.report != nullptr && *run.steps_back >= run.report->removed ? "wholly" : "partly");
}

}  // namespace

Report runs_report(const std::string& state, std::span<const RunLine> runs) {
  Report report{"headroom.runs/1", "Runs in " + state};
  Table table{"runs",
              "Runs, newest first",
              {{"run", "Run"},
               {"target", "Server"},
               {"age_seconds", "Age"},
               {"complete", "Complete"},
               {"removed", "Steps", false},
               {"keys", "Keys"},
               {"bytes_freed", "Freed"},
               {"undone", "Undone"},
               {"undone_steps", "Steps back", false},
               {"undone_at", "Undone at", false},
               {"quarantined", "Quarantined"},
               {"disk_bytes", "Journal"}}};
  std::uint64_t disk = 0;
  for (const auto& run : runs) {
    std::uint64_t keys = 0;
    if (run.report != nullptr)
      for (const auto& rule : run.report->rules) keys += rule.keys;
    const bool known = run.report != nullptr;
    table.rows.push_back({run.id, known ? text_value(run.report->target) : Value{}, Duration{run.age},
                          known && run.report->complete, known ? count_value(run.report->removed) : Value{},
                          known ? count_value(keys) : Value{},
                          known ? Value{run.report->bytes_freed} : Value{}, undone(run),
                          run.steps_back ? count_value(*run.steps_back) : Value{},
                          run.undone_at.count() == 0 ? Value{} : Value{Instant{run.undone_at}},
                          run.quarantined, Bytes{run.disk_bytes}});
    disk += run.disk_bytes;
  }
  report.facts = {for_programs("state", state),
                  {"runs", count_value(runs.size()), "Runs"},
                  {"disk_bytes", Bytes{disk}, "On disk"}};
  report.tables = {std::move(table)};
  return report;
}

}  // namespace headroom::report
