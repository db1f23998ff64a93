#include "report/summary_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

std::uint64_t bull_keys(const Survey& survey) {
  std::uint64_t keys = 0;
  for (const FamilySum& family : survey.families)
    if (family.family == "bull" || family.family == "bullmq") keys += family.sum.keys;
  return keys;
}

std::uint64_t celery_results(const Survey& survey) {
  std::uint64_t keys = 0;
  for (const PatternGroup& group : survey.patterns)
    if (group.attribution.family == "celery" && group.attribution.role == "result") keys += group.keys;
  return keys;
}

// A file has a time too, when it was written; only a server answers.
bool is_live(const Survey& survey) {
  const ServerFacts& server = survey.server;
  return survey.source != "rdb" && (!server.run_id.empty() || server.server_time.count() != 0);
}

std::string health_text(const Survey& survey) {
  return is_live(survey) ? "Redis is responding" : "not asked: this was read from a file";
}

void add_summary_data(const Survey& survey, const std::vector<SummaryWarning>& warnings, Object& facts) {
  const ServerFacts& server = survey.server;
  List warning_list;
  for (const SummaryWarning& warning : warnings)
    warning_list.emplace_back(Object{{"id", warning.id}, {"message", warning.message}});
  const std::optional<double> share = memory_share(server);
  facts = {for_programs("target", server.target),
           for_programs("date", moment_value(server)),
           for_programs("complete", survey.scan.complete),
           for_programs("used_memory", optional_value(server.used_memory)),
           for_programs("maxmemory", optional_value(server.maxmemory)),
           for_programs("memory_share", share ? Value{Share{*share}} : Value{}),
           for_programs("keys", count_value(survey.total.keys)),
           for_programs("bull_keys", count_value(bull_keys(survey))),
           for_programs("celery_result_keys", count_value(celery_results(survey))),
           for_programs("maxmemory_policy", text_value(server.maxmemory_policy)),
           for_programs("evicted_keys", server.evicted_keys ? count_value(*server.evicted_keys) : Value{}),
           for_programs("responding", is_live(survey)),
           for_programs("warnings", std::move(warning_list))};
}

void add_summary_lines(const Survey& survey, Object& facts) {
  const ServerFacts& server = survey.server;
  const std::optional<double> share = memory_share(server);
  const std::string limit = limit_text(server);
  const std::string used = server.used_memory ? human_bytes(*server.used_memory) : "unknown";
  facts.push_back(for_people("Date", moment_value(server)));
  facts.push_back(for_people("Memory Usage", used + " / " + (limit.empty() ? "unknown" : limit)));
  facts.push_back(for_people("Memory", share ? Value{Share{*share}} : Value{"no limit to compare with"}));
  facts.push_back(for_people("Max Memory", text_value(limit)));
  facts.push_back(for_people("Eviction Policy", text_value(server.maxmemory_policy)));
  facts.push_back(for_people("Total Keys", count_value(survey.total.keys)));
  facts.push_back(for_people("Bull Queue Keys", count_value(bull_keys(survey))));
  facts.push_back(for_people("Celery Task Keys", count_value(celery_results(survey))));
  facts.push_back(for_people("Health", health_text(survey)));
}

}  // namespace

std::vector<SummaryWarning> summary_warnings(const Survey& survey, const SummaryThresholds& thresholds) {
  std::vector<SummaryWarning> warnings;
  const std::optional<double> share = memory_share(survey.server);
  if (share && *share >= thresholds.memory_share)
    warnings.push_back(
        {"memory-high", fmt::format("Memory is at {} of maxmemory (warning from {}). See who holds it: "
                                    "headroom audit",
                                    human_share(*share), human_share(thresholds.memory_share))});
  if (const std::uint64_t keys = bull_keys(survey); keys >= thresholds.bull_keys)
    warnings.push_back({"many-bull-keys",
                        fmt::format("{} Bull keys (warning from {}). Finished jobs may need cleaning up. See "
                                    "what each queue keeps: headroom queues",
                                    human_count(keys), human_count(thresholds.bull_keys))});
  if (survey.server.evicted_keys && *survey.server.evicted_keys >= thresholds.evicted_keys)
    warnings.push_back({"keys-evicted",
                        fmt::format("{} keys were evicted since the server started: data was dropped to stay "
                                    "within maxmemory. Review maxmemory and the eviction policy.",
                                    human_count(*survey.server.evicted_keys))});
  return warnings;
}

Report summary_report(const Survey& survey, const SummaryThresholds& thresholds) {
  Report report{"headroom.summary/1", "Summary of " + survey.server.target};
  const std::vector<SummaryWarning> warnings = summary_warnings(survey, thresholds);
  add_summary_data(survey, warnings, report.facts);
  add_summary_lines(survey, report.facts);
  if (!survey.scan.complete) {
    report.title += " (PARTIAL)";
    report.notes.push_back(
        "PARTIAL: the scan was stopped early; there may be more keys than are counted here.");
  }
  for (const SummaryWarning& warning : warnings) report.notes.push_back("WARNING: " + warning.message);
  note_missing(survey.server, report.notes);
  return report;
}

}  // namespace headroom::report
