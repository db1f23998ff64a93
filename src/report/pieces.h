#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.h"
#include "model/server_facts.h"
#include "model/survey.h"

/// What several reports say in the same way. Of the report room only.
namespace headroom::report {

/// A count as a Value; counts above the largest signed number show as that.
Value count_value(std::uint64_t count);

/// Unknown when empty: JSON null, "-" for people.
Value text_value(std::string_view text);
Value name_value(const std::string& bytes);
template <class T>
Value optional_value(const std::optional<T>& value) {
  return value ? Value{*value} : Value{};
}

/// A key family's name; the keys that are nobody's we know are "unknown".
Value family_value(std::string_view family);

Field for_programs(std::string name, Value value);
Field for_people(std::string heading, Value value);

/// `part` of `whole` as a Share; nothing of nothing is 0.
Value share_value(double part, double whole);

/// used_memory / maxmemory; empty when there is no limit or one of them is unknown.
std::optional<double> memory_share(const ServerFacts& server);

/// "5.28 GiB / 8.00 GiB (66 %)", "5.28 GiB, no limit"; empty when unknown.
std::string memory_text(const ServerFacts& server);
/// "8.00 GiB", "none"; empty when unknown.
std::string limit_text(const ServerFacts& server);
/// "redis 7.0.15, master".
std::string server_text(const ServerFacts& server);
/// The server's clock; unknown when it was not asked.
Value moment_value(const ServerFacts& server);

/// The object "server" of design.md section 5, for programs.
Field server_field(const ServerFacts& server);

/// That a reading is partial, or counted what was not there; where a snapshot is damaged. A sentence each.
void note_scan(const ScanOutcome& scan, std::vector<std::string>& notes);
void note_faults(const std::vector<SnapshotFault>& faults, std::vector<std::string>& notes);

/// What could not be asked, a sentence each.
void note_missing(const ServerFacts& server, std::vector<std::string>& notes);

}  // namespace headroom::report
