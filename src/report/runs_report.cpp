#include "report/runs_report.h"

#include "report/pieces.h"

namespace headroom::report {

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
                          known ? Value{run.report->bytes_freed} : Value{}, run.quarantined,
                          Bytes{run.disk_bytes}});
    disk += run.disk_bytes;
  }
  report.facts = {for_programs("state", state),
                  {"runs", count_value(runs.size()), "Runs"},
                  {"disk_bytes", Bytes{disk}, "On disk"}};
  report.tables = {std::move(table)};
  return report;
}

}  // namespace headroom::report
