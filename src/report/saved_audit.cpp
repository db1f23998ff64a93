#include "report/saved_audit.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "report/json_moment.h"

namespace headroom::report {
namespace {

using Json = nlohmann::json;

Error not_an_audit(std::string_view where, std::string_view why) {
  return {fmt::format("this is no saved audit: {}", why), std::string(where),
          "make one: headroom audit --format json --output FILE", Exit::usage};
}

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const Json& row, const char* name, double otherwise) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number() ? found->get<double>() : otherwise;
}

SavedSum sum_of(const Json& row, const char* kind) {
  const auto bytes = number_of(row, "bytes", 0);
  return {kind,
          text_of(row, kind),
          text_of(row, "family"),
          static_cast<std::uint32_t>(number_of(row, "db", 0)),
          static_cast<std::uint64_t>(number_of(row, "keys", 0)),
          {bytes, number_of(row, "bytes_low", bytes), number_of(row, "bytes_high", bytes)}};
}

}  // namespace

Result<SavedAudit> read_saved_audit(std::string_view text, std::string_view where) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(not_an_audit(where, "not a JSON object"));
  const auto schema = text_of(json, "schema");
  if (schema != "headroom.audit/1")
    return fail(
        not_an_audit(where, schema.empty() ? "it has no schema" : "its schema is not headroom.audit/1"));
  SavedAudit audit;
  audit.target = text_of(json, "target");
  audit.time = moment_of(json.value("time", Json()));
  audit.complete = json.value("complete", Json(false)) == Json(true);
  for (const auto& [kind, table] :
       {std::pair{"family", "families"}, {"owner", "owners"}, {"pattern", "patterns"}}) {
    const auto rows = json.find(table);
    if (rows == json.end() || !rows->is_array())
      return fail(not_an_audit(where, fmt::format("the table '{}' is missing", table)));
    for (const auto& row : *rows) {
      if (!row.is_object())
        return fail(not_an_audit(where, fmt::format("a row of '{}' is no object", table)));
      audit.sums.push_back(sum_of(row, kind));
    }
  }
  return audit;
}

std::vector<GrowthRow> growth_rows(const SavedAudit& before, const SavedAudit& after) {
  std::map<std::tuple<std::string, std::string, std::string, std::uint32_t>, GrowthRow> rows;
  const auto row_of = [&](const SavedSum& sum) -> GrowthRow& {
    // The family is no part of a pattern's name: a queue that is recognised by now is still the same pattern.
    const auto& family = sum.kind == "owner" ? sum.family : std::string();
    auto& row = rows[{sum.kind, sum.name, family, sum.db}];
    row.kind = sum.kind, row.name = sum.name, row.family = sum.family, row.db = sum.db;
    return row;
  };
  for (const auto& sum : before.sums) {
    auto& row = row_of(sum);
    row.keys_before += sum.keys, row.bytes_before = sum.bytes;
  }
  for (const auto& sum : after.sums) {
    auto& row = row_of(sum);
    row.keys_after += sum.keys, row.bytes_after = sum.bytes;
  }
  std::vector<GrowthRow> out;
  for (auto& [name, row] : rows) out.push_back(std::move(row));
  return out;
}

}  // namespace headroom::report
