#include "report/saved_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "report/json_moment.h"

namespace headroom::report {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t count_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::chrono::milliseconds seconds_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  const double seconds = found != row.end() && found->is_number() ? found->get<double>() : 0;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e12) * 1000));
}

RunRule rule_of(const Json& row) {
  return {text_of(row, "rule"),     text_of(row, "owner"),    text_of(row, "why"),
          count_of(row, "planned"), count_of(row, "removed"), count_of(row, "changed"),
          count_of(row, "gone"),    count_of(row, "failed"),  count_of(row, "unknown"),
          count_of(row, "keys"),    {count_of(row, "bytes")}};
}

std::pair<std::uint64_t, Bytes> server_of(const Json& report, const char* name) {
  const auto found = report.find(name);
  if (found == report.end() || !found->is_object()) return {};
  return {count_of(*found, "keys"), Bytes{count_of(*found, "used_memory")}};
}

const Json& rows(const Json& report, const char* name) {
  static const Json none = Json::array();
  const auto found = report.find(name);
  return found != report.end() && found->is_array() ? *found : none;
}

}  // namespace

Result<RunReport> read_saved_run(std::string_view json, std::string_view where) {
  const auto read = Json::parse(json, nullptr, false);
  if (!read.is_object() || text_of(read, "schema") != "headroom.run/1")
    return fail({"this is no report of a run", std::string(where), "headroom undo list", Exit::usage});
  RunReport run;
  run.run = text_of(read, "run"), run.kind = text_of(read, "kind"), run.target = text_of(read, "target");
  run.complete = read.value("complete", Json()) == true;
  run.stopped_by = text_of(read, "stopped_by");
  run.planned = count_of(read, "planned"), run.removed = count_of(read, "removed");
  run.changed = count_of(read, "changed"), run.gone = count_of(read, "gone");
  run.failed = count_of(read, "failed"), run.unknown = count_of(read, "unknown");
  if (read.contains("undone_steps") && read["undone_steps"].is_number_unsigned())
    run.undone_steps = count_of(read, "undone_steps");
  run.pending = count_of(read, "pending"), run.batches = count_of(read, "batches");
  run.bytes_freed = {count_of(read, "bytes_freed")}, run.journal_bytes = {count_of(read, "journal_bytes")};
  run.took = seconds_of(read, "seconds"), run.ended = moment_of(read.value("ended", Json()));
  std::tie(run.keys_before, run.used_memory_before) = server_of(read, "before");
  std::tie(run.keys_after, run.used_memory_after) = server_of(read, "after");
  for (const auto& row : rows(read, "rules")) run.rules.push_back(rule_of(row));
  for (const auto& row : rows(read, "waits"))
    run.waits.push_back({text_of(row, "reason"), seconds_of(row, "seconds")});
  for (const auto& note : rows(read, "notes"))
    if (note.is_string()) run.notes.push_back(note.get<std::string>());
  return run;
}

}  // namespace headroom::report
