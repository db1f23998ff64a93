#include "report/run_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

std::uint64_t keys_of(const RunReport& run) {
  std::uint64_t keys = 0;
  for (const auto& rule : run.rules) keys += rule.keys;
  return keys;
}

constexpr std::string_view caveat =
    "Keys and bytes above are counted step by step. The server's own numbers before and after are moved "
    "by its traffic too, and the memory that the system sees (RSS) falls later or not at all.";

/// What a run of this kind did, or would.
struct Words {
  std::string_view title{}, done_column{}, done{}, bytes{};
};
Words words_of(const RunReport& run) {
  if (run.kind == "undo") return {"Undo of", "Put back", "put back", "Brought back"};
  if (run.kind == "sweep") return {"Sweep of", "Done", "done", "Freed"};
  if (run.kind != "dry-run") return {"Run", "Done", "done", "Freed"};
  if (run.dry_run_of == "undo")
    return {"DRY RUN of the undo of", "Would return", "would be put back", "Would bring back"};
  return {"DRY RUN of", "Would do", "would be done", "Would free"};
}

Table rules_table(const RunReport& run) {
  Table table{"rules",
              "Rules",
              {{"rule", "Rule"},
               {"owner", "Owner"},
               {"planned", "Planned"},
               {"removed", std::string(words_of(run).done_column)},
               {"changed", "Changed"},
               {"gone", "Gone"},
               {"failed", "Failed"},
               {"unknown", "Unknown"},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"why", "", false}}};
  table.text_rows = 0;
  for (const auto& rule : run.rules)
    table.rows.push_back({rule.name, name_value(rule.owner), count_value(rule.planned),
                          count_value(rule.removed), count_value(rule.changed), count_value(rule.gone),
                          count_value(rule.failed), count_value(rule.unknown), count_value(rule.keys),
                          rule.bytes, rule.why});
  table.note =
      "Changed: no longer as the plan found it, so left alone. Gone: it was not there any more. "
      "Unknown: the answer was lost.";
  return table;
}

Table waits_table(const RunReport& run) {
  Table table{"waits", "Waits", {{"reason", "Reason"}, {"seconds", "Time"}}};
  for (const auto& wait : run.waits) table.rows.push_back({wait.reason, Duration{wait.length}});
  return table;
}

Value server_value(std::uint64_t keys, Bytes used_memory) {
  if (used_memory.count == 0) return {};
  return Object{{"keys", count_value(keys)}, {"used_memory", used_memory}};
}

double per_second(std::uint64_t keys, std::chrono::milliseconds took) {
  return took.count() > 0 ? static_cast<double>(keys) * 1000 / static_cast<double>(took.count()) : 0;
}

std::string steps_text(const RunReport& run) {
  auto text =
      fmt::format("{} planned: {} {}, {} changed, {} gone, {} failed, {} unknown", human_count(run.planned),
                  human_count(run.removed), words_of(run).done, human_count(run.changed),
                  human_count(run.gone), human_count(run.failed), human_count(run.unknown));
  if (run.pending != 0) text += fmt::format(", {} not reached", human_count(run.pending));
  return text;
}

std::string title_of(const RunReport& run) {
  return fmt::format("{} {} on {}{}", words_of(run).title, run.run, run.target,
                     run.complete ? "" : " (PARTIAL)");
}

std::string server_text_of(const RunReport& run) {
  const auto at = [](std::uint64_t keys, Bytes memory, std::string_view when) {
    return fmt::format("{} keys, {} {}", human_count(keys), human_bytes(memory), when);
  };
  const bool before = run.used_memory_before.count != 0, after = run.used_memory_after.count != 0;
  std::string text =
      before ? at(run.keys_before, run.used_memory_before, after ? "before" : "now") : std::string();
  if (after) text += (before ? "; " : "") + at(run.keys_after, run.used_memory_after, "after");
  return text;
}

/// Only of a run that changed something.
Audience of_a_run(const RunReport& run) {
  return run.kind == "dry-run" ? Audience::programs : Audience::everyone;
}

}  // namespace

Report run_report(const RunReport& run) {
  Report report{"headroom.run/1", title_of(run)};
  const auto keys = keys_of(run);
  report.facts = {for_programs("run", run.run),
                  for_programs("kind", run.kind),
                  for_programs("target", run.target),
                  for_programs("complete", run.complete),
                  {"stopped_by", text_value(run.stopped_by), "Stopped by",
                   run.stopped_by.empty() ? Audience::programs : Audience::everyone},
                  for_people("Steps", steps_text(run)),
                  for_programs("planned", count_value(run.planned)),
                  for_programs("removed", count_value(run.removed)),
                  for_programs("changed", count_value(run.changed)),
                  for_programs("gone", count_value(run.gone)),
                  for_programs("failed", count_value(run.failed)),
                  for_programs("unknown", count_value(run.unknown)),
                  for_programs("pending", count_value(run.pending)),
                  for_programs("failed_share", share_value(static_cast<double>(run.failed),
                                                           static_cast<double>(run.planned))),
                  {"keys", count_value(keys), "Keys"},
                  {"bytes_freed", run.bytes_freed, std::string(words_of(run).bytes)},
                  {"journal_bytes", run.journal_bytes, "Journal", of_a_run(run)},
                  {"seconds", Duration{run.took}, "Took", of_a_run(run)},
                  for_programs("ended", run.ended.count() == 0 ? Value{} : Value{Instant{run.ended}}),
                  for_programs("keys_per_second", per_second(keys, run.took)),
                  {"batches", count_value(run.batches), "Batches", of_a_run(run)},
                  for_programs("before", server_value(run.keys_before, run.used_memory_before)),
                  for_programs("after", server_value(run.keys_after, run.used_memory_after)),
                  for_programs("dry_run_of", text_value(run.dry_run_of)),
                  for_programs("undone_steps", run.undone_steps ? count_value(*run.undone_steps) : Value{})};
  if (const auto server = server_text_of(run); !server.empty())
    report.facts.push_back(for_people("Server", server));
  report.tables = {rules_table(run), waits_table(run)};
  report.notes = run.notes;
  // A report that was kept has it already.
  if (run.kind != "dry-run" && (run.notes.empty() || run.notes.back() != caveat))
    report.notes.emplace_back(caveat);
  return report;
}

}  // namespace headroom::report
