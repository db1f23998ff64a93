#include "report/audit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "report/cell_text.h"
#include "report/names.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

struct Edge {
  std::int64_t seconds;  // 0: no upper edge
  std::string_view words;
};
constexpr std::array<Edge, ttl_bucket_count> ttl_edges{{{60, "1 min"},
                                                        {600, "10 min"},
                                                        {3600, "1 h"},
                                                        {21600, "6 h"},
                                                        {86400, "1 d"},
                                                        {604800, "7 d"},
                                                        {2592000, "30 d"},
                                                        {0, "more"}}};
constexpr std::array<Edge, idle_bucket_count> idle_edges{{{60, "1 min"},
                                                          {3600, "1 h"},
                                                          {86400, "1 d"},
                                                          {604800, "7 d"},
                                                          {2592000, "30 d"},
                                                          {7776000, "90 d"},
                                                          {0, "more"}}};

Value bytes_value(const Estimate& estimate) { return BytesEstimate{estimate}; }
Value keys_value(const Estimate& estimate) { return CountEstimate{estimate}; }
Value bytes_share(const Estimate& part, const Survey& survey) {
  return share_value(part.value, survey.total.bytes.value);
}

Value histogram_value(std::span<const Estimate> counts, std::span<const Edge> edges) {
  List list;
  for (std::size_t i = 0; i < counts.size(); ++i)
    list.emplace_back(Object{{"up_to_seconds", edges[i].seconds == 0 ? Value{} : Value{edges[i].seconds}},
                             {"keys", keys_value(counts[i])}});
  return list;
}

// "12 within 1 min, 40 within 10 min, 3 later"; empty buckets are left out.
std::string histogram_text(std::span<const Estimate> counts, std::span<const Edge> edges) {
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].high <= 0) continue;
    const std::string range = edges[i].seconds == 0 ? "later" : fmt::format("within {}", edges[i].words);
    out.append(out.empty() ? "" : ", ").append(count_text(counts[i])).append(" ").append(range);
  }
  return out;
}

// Keys that have a TTL: what neither lacks one nor is unknown.
Estimate with_ttl(const Survey& survey) {
  const auto known = static_cast<double>(survey.total.keys) - static_cast<double>(survey.ttl_unknown_keys);
  const Estimate& without = survey.total.without_ttl_keys;
  const auto rest = [&](double taken) { return std::max(0.0, known - taken); };
  return {rest(without.value), rest(without.high), rest(without.low)};
}

Field ttl_field(const Survey& survey) {
  return for_programs("ttl", Object{{"with", keys_value(with_ttl(survey))},
                                    {"without", keys_value(survey.total.without_ttl_keys)},
                                    {"without_bytes", bytes_value(survey.total.without_ttl_bytes)},
                                    {"unknown", count_value(survey.ttl_unknown_keys)},
                                    {"expired", count_value(survey.expired_keys)},
                                    {"expired_bytes", survey.expired_bytes},
                                    {"histogram", histogram_value(survey.ttl_histogram, ttl_edges)}});
}

Field scan_field(const ScanOutcome& scan) {
  return for_programs("scan", Object{{"names", count_value(scan.keys)},
                                     {"expected", count_value(scan.expected)},
                                     {"expected_after", count_value(scan.expected_after)},
                                     {"asked", count_value(scan.asked)},
                                     {"restarts", count_value(scan.restarts)},
                                     {"seconds", Duration{scan.took}}});
}

List faults_value(const std::vector<SnapshotFault>& faults) {
  List list;
  for (const auto& fault : faults)
    list.emplace_back(
        Object{{"where", fault.where},
               {"what", fault.what},
               {"offset", count_value(fault.offset)},
               {"last_key", fault.last_key.empty() ? Value{} : Value{KeyName{fault.last_key}}}});
  return list;
}

void add_program_facts(const Survey& survey, Object& facts) {
  facts.push_back(for_programs("target", survey.server.target));
  facts.push_back(for_programs("source", survey.source));
  facts.push_back(for_programs("complete", survey.scan.complete));
  facts.push_back(for_programs("stopped_by", text_value(survey.scan.stopped_by)));
  if (!survey.faults.empty()) facts.push_back(for_programs("faults", faults_value(survey.faults)));
  facts.push_back(for_programs("time", moment_value(survey.server)));
  facts.push_back(for_programs("keys", count_value(survey.total.keys)));
  facts.push_back(for_programs("bytes", bytes_value(survey.total.bytes)));
  facts.push_back(server_field(survey.server));
  facts.push_back(ttl_field(survey));
  facts.push_back(for_programs("sampling", Object{{"measured", count_value(survey.measured)},
                                                  {"confidence", survey.confidence},
                                                  {"precision", survey.precision}}));
  facts.push_back(scan_field(survey.scan));
  if (survey.idle_known)
    facts.push_back(for_programs("idle", histogram_value(survey.idle_histogram, idle_edges)));
  facts.push_back(for_programs("biggest_guarantee", text_value(survey.biggest_guarantee)));
}

std::string keys_line(const Survey& survey) {
  return fmt::format("{} holding {}", human_count(survey.total.keys), bytes_text(survey.total.bytes));
}

std::string ttl_line(const Survey& survey) {
  const Sum& total = survey.total;
  const double share = total.keys == 0 ? 0 : total.without_ttl_keys.value / static_cast<double>(total.keys);
  std::string line =
      fmt::format("{} keys ({}, {}) never expire, {} do", count_text(total.without_ttl_keys),
                  human_share(share), bytes_text(total.without_ttl_bytes), count_text(with_ttl(survey)));
  if (survey.ttl_unknown_keys != 0) line += fmt::format(", {} unknown", human_count(survey.ttl_unknown_keys));
  return line;
}

std::string expired_line(const Survey& survey) {
  return fmt::format("{} keys ({}) were past their TTL and still there", human_count(survey.expired_keys),
                     human_bytes(survey.expired_bytes));
}

std::string scan_line(const Survey& survey) {
  return fmt::format("{}; {} names in {}, {} looked at in detail",
                     survey.scan.complete ? "complete" : "PARTIAL", human_count(survey.scan.keys),
                     human_duration(survey.scan.took), human_count(survey.measured));
}

void add_people_facts(const Survey& survey, Object& facts) {
  const ServerFacts& server = survey.server;
  facts.push_back(for_people("Server", server_text(server)));
  facts.push_back(for_people("Time", moment_value(server)));
  facts.push_back(for_people("Memory", memory_text(server)));
  facts.push_back(for_people("Eviction policy", server.maxmemory_policy));
  facts.push_back(for_people("Keys", keys_line(survey)));
  facts.push_back(for_people("TTL", ttl_line(survey)));
  if (const std::string expiring = histogram_text(survey.ttl_histogram, ttl_edges); !expiring.empty())
    facts.push_back(for_people("Expiring", expiring));
  if (survey.expired_keys != 0) facts.push_back(for_people("Expired", expired_line(survey)));
  if (const std::string used = histogram_text(survey.idle_histogram, idle_edges);
      survey.idle_known && !used.empty())
    facts.push_back(for_people("Last used", used + " (before now)"));
  facts.push_back(for_people(survey.source == "scan" ? "Scan" : "Reading", scan_line(survey)));
}

bool many_databases(const Survey& survey) {
  return std::any_of(survey.patterns.begin(), survey.patterns.end(),
                     [&](const PatternGroup& group) { return group.db != survey.patterns.front().db; });
}

Table families_table(const Survey& survey) {
  Table table{"families",
              "Families, largest first",
              {{"family", "Family"},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"share", "Share"},
               {"without_ttl_keys", "Without TTL"},
               {"without_ttl_bytes", "Their bytes"}}};
  for (const FamilySum& family : survey.families)
    table.rows.push_back({family_value(family.family), count_value(family.sum.keys),
                          bytes_value(family.sum.bytes), bytes_share(family.sum.bytes, survey),
                          keys_value(family.sum.without_ttl_keys),
                          bytes_value(family.sum.without_ttl_bytes)});
  return table;
}

List parts_value(const OwnerSum& owner, const Survey& survey) {
  List parts;
  for (const PartSum& part : owner.parts)
    parts.emplace_back(Object{{"role", text_value(part.role)},
                              {"keys", count_value(part.sum.keys)},
                              {"bytes", bytes_value(part.sum.bytes)},
                              {"share", bytes_share(part.sum.bytes, survey)},
                              {"care", std::string(care_name(part.care))},
                              {"without_ttl_keys", keys_value(part.sum.without_ttl_keys)},
                              {"without_ttl_bytes", bytes_value(part.sum.without_ttl_bytes)}});
  return parts;
}

Table owners_table(const Survey& survey) {
  Table table{"owners",
              "Owners, largest first",
              {{"owner", "Owner"},
               {"family", "Family"},
               {"db", "Db", many_databases(survey)},
               {"version", "Version"},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"share", "Share"},
               {"without_ttl_keys", "Without TTL"},
               {"without_ttl_bytes", "Their bytes", false},
               {"read_only", "Read-only", false},
               {"read_only_why", "read-only", true, true},
               {"parts", "parts"}}};
  for (const OwnerSum& owner : survey.owners)
    table.rows.push_back({name_value(owner.owner), family_value(owner.family), count_value(owner.db),
                          text_value(owner.version), count_value(owner.sum.keys),
                          bytes_value(owner.sum.bytes), bytes_share(owner.sum.bytes, survey),
                          keys_value(owner.sum.without_ttl_keys), bytes_value(owner.sum.without_ttl_bytes),
                          owner.read_only, text_value(owner.read_only_why), parts_value(owner, survey)});
  return table;
}

Table sums_table(std::string name, std::string title, const std::vector<DebrisSum>& sums,
                 const Survey& survey) {
  Table table{std::move(name),
              std::move(title),
              {{"kind", "Kind"},
               {"family", "Family"},
               {"owner", "Owner"},
               {"db", "Db", many_databases(survey)},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"certainty", "Certainty"},
               {"why", "why", true, true},
               {"examples", "for example", true, true}}};
  for (const DebrisSum& debris : sums) {
    List examples;
    for (const std::string& key : debris.examples) examples.emplace_back(KeyName{key});
    table.rows.push_back({text_value(debris.kind), family_value(debris.family), name_value(debris.owner),
                          count_value(debris.db), keys_value(debris.keys), bytes_value(debris.bytes),
                          std::string(certainty_name(debris.certainty)), text_value(debris.why),
                          std::move(examples)});
  }
  return table;
}

Table debris_table(const Survey& survey) {
  return sums_table("debris", "Debris: keys that nothing needs any more", survey.debris, survey);
}

Table stranded_table(const Survey& survey) {
  return sums_table("stranded",
                    "Stranded or damaged: needs somebody's hand, and must never be deleted as debris",
                    survey.stranded, survey);
}

Table biggest_table(const Survey& survey) {
  Table table{"biggest",
              "Biggest keys",
              {{"key", "Key"},
               {"db", "Db", many_databases(survey)},
               {"type", "Type"},
               {"bytes", "Bytes"},
               {"elements", "Elements"},
               {"bytes_sampled", "Sampled", false}}};
  for (const BigKey& big : survey.biggest)
    table.rows.push_back({KeyName{big.key}, count_value(big.db), std::string(type_name(big.type)), big.bytes,
                          big.elements ? count_value(*big.elements) : Value{}, big.bytes_sampled});
  table.note = survey.biggest_guarantee;
  return table;
}

std::vector<Value> pattern_row(const PatternGroup& group, const Survey& survey) {
  const Attribution& whose = group.attribution;
  return {KeyName{group.pattern},
          count_value(group.db),
          family_value(whose.family),
          name_value(whose.owner),
          text_value(whose.role),
          std::string(type_name(group.type())),
          count_value(group.keys),
          bytes_value(group.bytes),
          bytes_share(group.bytes, survey),
          keys_value(group.without_ttl_keys),
          bytes_value(group.without_ttl_bytes),
          group.p50,
          group.p99,
          group.max,
          std::string(care_name(whose.care)),
          text_value(whose.why),
          text_value(whose.debris),
          KeyName{group.example},
          count_value(group.measured),
          survey.idle_known ? count_value(group.min_idle_seconds) : Value{}};
}

Table patterns_table(const Survey& survey) {
  Table table{"patterns",
              "Patterns, largest first",
              {{"pattern", "Pattern"},
               {"db", "Db", many_databases(survey)},
               {"family", "Family"},
               {"owner", "Owner", false},
               {"role", "Role", false},
               {"type", "Type"},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"share", "Share"},
               {"without_ttl_keys", "Without TTL"},
               {"without_ttl_bytes", "Their bytes", false},
               {"bytes_p50", "Median"},
               {"bytes_p99", "99 %", false},
               {"bytes_max", "Largest"},
               {"care", "Care", false},
               {"care_why", "Why", false},
               {"debris", "Debris", false},
               {"example", "Example", false},
               {"measured", "Measured", false},
               {"min_idle_seconds", "Idle", false}}};
  for (const PatternGroup& group : survey.patterns) table.rows.push_back(pattern_row(group, survey));
  return table;
}

Table types_table(const Survey& survey) {
  Table table{
      "types",
      "Types and encodings",
      {{"type", "Type"}, {"encoding", "Encoding"}, {"keys", "Keys"}, {"bytes", "Bytes"}, {"share", "Share"}}};
  for (const TypeSum& type : survey.types)
    table.rows.push_back({std::string(type_name(type.type)), std::string(encoding_name(type.encoding)),
                          keys_value(type.keys), bytes_value(type.bytes), bytes_share(type.bytes, survey)});
  return table;
}

Table reconciliation_table(const Survey& survey) {
  Table table{"reconciliation",
              "Memory, line by line: the sum is used_memory",
              {{"name", "Line"}, {"bytes", "Bytes"}, {"share", "Share"}, {"explanation", "", true, true}}};
  const double used = survey.server.used_memory ? static_cast<double>(survey.server.used_memory->count) : 0;
  for (const ReconciliationLine& line : survey.reconciliation) {
    const auto bytes = static_cast<double>(line.bytes);  // exact: no machine has 2^53 bytes
    table.rows.push_back({text_value(line.name), bytes_value({bytes, bytes, bytes}), share_value(bytes, used),
                          text_value(line.explanation)});
  }
  return table;
}

void note_sampling(const Survey& survey, std::vector<std::string>& notes) {
  if (survey.measured < survey.total.keys)
    notes.push_back(fmt::format(
        "Counts of keys are exact. {} of {} keys were looked at in detail; each ± range holds with "
        "{} confidence (asked for: within {} of all bytes, per pattern).",
        human_count(survey.measured), human_count(survey.total.keys), human_share(survey.confidence),
        human_share(survey.precision)));
  if (survey.folded_patterns != 0)
    notes.push_back(fmt::format("{} patterns that differed in one part only were folded into wider ones.",
                                human_count(survey.folded_patterns)));
  if (survey.other_keys != 0)
    notes.push_back(fmt::format("{} keys fit no pattern of their own and are counted as \"other\".",
                                human_count(survey.other_keys)));
  if (survey.ttl_unknown_keys != 0)
    notes.push_back(
        fmt::format("The TTL of {} keys is unknown; they count neither as expiring nor as never expiring.",
                    human_count(survey.ttl_unknown_keys)));
}

}  // namespace

Report audit_report(const Survey& survey, const AuditView& view) {
  Report report{"headroom.audit/1", "Audit of " + survey.server.target};
  if (!survey.scan.complete) report.title += " (PARTIAL)";
  add_program_facts(survey, report.facts);
  add_people_facts(survey, report.facts);
  report.tables = {families_table(survey),      owners_table(survey),   debris_table(survey),
                   biggest_table(survey),       patterns_table(survey), types_table(survey),
                   reconciliation_table(survey)};
  // Only snapshots can tell, so that a table of nothing would promise what a scan has not looked for.
  if (!survey.stranded.empty()) report.tables.insert(report.tables.begin() + 3, stranded_table(survey));
  for (Table& table : report.tables) table.text_rows = view.top;
  note_scan(survey.scan, report.notes);
  note_faults(survey.faults, report.notes);
  note_sampling(survey, report.notes);
  note_missing(survey.server, report.notes);
  report.notes.insert(report.notes.end(), survey.notes.begin(), survey.notes.end());
  return report;
}

}  // namespace headroom::report
