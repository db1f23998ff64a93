#include "report/policy_report.h"

#include "report/pieces.h"

namespace headroom::report {

Report policy_report(const std::string& file, const std::string& policy,
                     std::span<const PolicyFaultLine> faults) {
  Report report{"headroom.config/1",
                "Policy " + (file.empty() ? std::string("(no file: the defaults)") : file)};
  report.facts = {for_programs("file", text_value(file)),
                  {"sound", faults.empty(), "Sound"},
                  for_programs("policy", faults.empty() ? text_value(policy) : Value{})};
  Table table{
      "faults", "Faults", {{"where", "Where"}, {"what", "What"}, {"remedy", "what to write", true, true}}};
  table.text_rows = 0;
  for (const auto& fault : faults) table.rows.push_back({fault.where, fault.what, text_value(fault.remedy)});
  report.tables = {std::move(table)};
  return report;
}

}  // namespace headroom::report
