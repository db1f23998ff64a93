#include "report/rdb_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "report/names.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

Value aux_value(const RdbContents& contents, std::string_view name) {
  for (const auto& [known, value] : contents.aux)
    if (known == name) return KeyName{value};
  return {};
}

Value writer(const RdbContents& contents) {
  const auto redis = aux_value(contents, "redis-ver"), valkey = aux_value(contents, "valkey-ver");
  return std::holds_alternative<std::monostate>(valkey) ? redis : valkey;
}

std::string format_name(const RdbContents& contents) {
  return fmt::format("{}{:0{}}", contents.valkey ? "VALKEY" : "REDIS", contents.version,
                     contents.valkey ? 3 : 4);
}

Report begun(const RdbContents& contents, std::string schema, std::string title) {
  Report report{std::move(schema), fmt::format("{} {}", title, escape_for_terminal(contents.name))};
  report.facts = {{"file", KeyName{contents.name}, "File"},
                  {"format", format_name(contents), "Format"},
                  {"server_version", writer(contents), "Written by server version"},
                  {"checksum", contents.checksum, "Checksum"},
                  {"keys", count_value(contents.keys), "Keys"},
                  {"file_bytes", contents.read, "Bytes read"},
                  {"complete", contents.complete, "Complete"}};
  if (contents.skipped.count > 0)
    report.notes.push_back(fmt::format("{} of module data were passed over by their framing alone.",
                                       human_bytes(contents.skipped)));
  return report;
}

void add_fault(const RdbContents& contents, Report& report) {
  const bool damaged = !contents.fault.empty();
  report.facts.push_back({"fault", damaged ? Value(contents.fault) : Value(), "First fault",
                          damaged ? Audience::everyone : Audience::programs});
  report.facts.push_back({"fault_offset", damaged ? Value(count_value(contents.offset)) : Value(),
                          "At offset", damaged ? Audience::everyone : Audience::programs});
  const bool known = damaged && contents.last_key.has_value();
  report.facts.push_back({"last_key", known ? Value(KeyName{*contents.last_key}) : Value(), "Last good key",
                          known ? Audience::everyone : Audience::programs});
}

Table kinds_table(const RdbContents& contents, bool by_encoding) {
  using Place = std::tuple<std::uint32_t, KeyType, Encoding>;
  std::map<Place, StoredKind> sums;
  for (const auto& kind : contents.kinds) {
    auto& sum = sums[{kind.db, kind.type, by_encoding ? kind.encoding : Encoding::unknown}];
    sum.keys += kind.keys, sum.with_ttl += kind.with_ttl, sum.elements += kind.elements;
    sum.in_file += kind.in_file;
  }
  Table table{"kinds", by_encoding ? "Keys by database, type and encoding" : "Keys by database and type"};
  table.columns = {{"db", "DB"}, {"type", "Type"}};
  if (by_encoding) table.columns.push_back({"encoding", "Encoding"});
  for (const Column& column :
       {Column{"keys", "Keys"}, Column{"with_ttl", "With TTL"}, Column{"without_ttl", "Without TTL"},
        Column{"elements", "Elements"}, Column{"file_bytes", "In the file"}})
    table.columns.push_back(column);
  table.text_rows = 0;
  for (const auto& [place, sum] : sums) {
    const auto& [db, type, encoding] = place;
    std::vector<Value> row{std::int64_t{db}, std::string(type_name(type))};
    if (by_encoding) row.emplace_back(std::string(encoding_name(encoding)));
    for (const auto number : {sum.keys, sum.with_ttl, sum.keys - sum.with_ttl, sum.elements})
      row.emplace_back(count_value(number));
    row.emplace_back(sum.in_file);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table aux_table(const RdbContents& contents) {
  Table table{"aux", "What its header says", {{"name", "Name"}, {"value", "Value"}}};
  table.text_rows = 0;
  for (const auto& [name, value] : contents.aux) table.rows.push_back({KeyName{name}, KeyName{value}});
  return table;
}

double per_second(std::uint64_t amount, std::chrono::milliseconds took) {
  return static_cast<double>(amount) * 1000 / static_cast<double>(std::max<std::int64_t>(took.count(), 1));
}

}  // namespace

Report rdb_check_report(const RdbContents& contents) {
  auto report = begun(contents, "headroom.rdb-check/1", "Check of");
  report.facts.insert(report.facts.begin() + 1, {"sound", contents.complete, "Sound"});
  add_fault(contents, report);
  report.tables.push_back(kinds_table(contents, false));
  if (contents.complete && contents.checksum == "absent")
    report.notes.emplace_back(
        "There is no checksum: a byte that changed without breaking the structure does not show.");
  return report;
}

Report rdb_stats_report(const RdbContents& contents) {
  auto report = begun(contents, "headroom.rdb-stats/1", "Contents of");
  add_fault(contents, report);
  report.facts.push_back({"function_libraries", count_value(contents.libraries), "Function libraries"});
  report.facts.push_back({"function_bytes", contents.library_code, "Their code"});
  report.facts.push_back({"took", Duration{contents.took}, "Time"});
  const auto speed = Bytes{static_cast<std::uint64_t>(per_second(contents.read.count, contents.took))};
  report.facts.push_back({"keys_per_second",
                          count_value(static_cast<std::uint64_t>(per_second(contents.keys, contents.took))),
                          "Keys a second"});
  report.facts.push_back({"bytes_per_second", speed, "Bytes a second"});
  report.tables.push_back(kinds_table(contents, true));
  report.tables.push_back(aux_table(contents));
  return report;
}

}  // namespace headroom::report
