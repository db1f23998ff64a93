#include "report/pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace headroom::report {

Value count_value(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

Value text_value(std::string_view text) { return text.empty() ? Value{} : Value{std::string(text)}; }

Value name_value(const std::string& bytes) { return bytes.empty() ? Value{} : Value{KeyName{bytes}}; }

Value family_value(std::string_view family) { return std::string(family.empty() ? "unknown" : family); }

Field for_programs(std::string name, Value value) {
  return {std::move(name), std::move(value), "", Audience::programs};
}

Field for_people(std::string heading, Value value) {
  return {"", std::move(value), std::move(heading), Audience::people};
}

Value share_value(double part, double whole) { return Share{whole > 0 ? part / whole : 0}; }

std::optional<double> memory_share(const ServerFacts& server) {
  if (!server.used_memory || !server.maxmemory || server.maxmemory->count == 0) return std::nullopt;
  return static_cast<double>(server.used_memory->count) / static_cast<double>(server.maxmemory->count);
}

std::string limit_text(const ServerFacts& server) {
  if (!server.maxmemory) return {};
  return server.maxmemory->count == 0 ? "none" : human_bytes(*server.maxmemory);
}

std::string memory_text(const ServerFacts& server) {
  if (!server.used_memory) return {};
  const std::string used = human_bytes(*server.used_memory);
  if (!server.maxmemory) return used + ", limit unknown";
  const auto share = memory_share(server);
  if (!share) return used + ", no limit";
  return fmt::format("{} / {} ({})", used, limit_text(server), human_share(*share));
}

std::string server_text(const ServerFacts& server) {
  std::string text = server.flavour;
  if (!server.version.empty()) text += " " + server.version;
  if (!server.role.empty()) text += ", " + server.role;
  return text;
}

Value moment_value(const ServerFacts& server) {
  return server.server_time.count() == 0 ? Value{} : Value{Instant{server.server_time}};
}

Field server_field(const ServerFacts& server) {
  return for_programs(
      "server", Object{{"version", text_value(server.version)},
                       {"flavour", text_value(server.flavour)},
                       {"role", text_value(server.role)},
                       {"run_id", text_value(server.run_id)},
                       {"used_memory", optional_value(server.used_memory)},
                       {"maxmemory", optional_value(server.maxmemory)},
                       {"maxmemory_policy", text_value(server.maxmemory_policy)},
                       {"used_memory_rss", optional_value(server.used_memory_rss)},
                       {"used_memory_peak", optional_value(server.used_memory_peak)},
                       {"allocator", text_value(server.allocator)},
                       {"fragmentation", optional_value(server.fragmentation)},
                       {"evicted_keys", server.evicted_keys ? count_value(*server.evicted_keys) : Value{}},
                       {"expired_keys", server.expired_keys ? count_value(*server.expired_keys) : Value{}},
                       {"connected_clients",
                        server.connected_clients ? count_value(*server.connected_clients) : Value{}},
                       {"missing", List(server.missing.begin(), server.missing.end())}});
}

void note_scan(const ScanOutcome& scan, std::vector<std::string>& notes) {
  const std::uint64_t expected = std::max(scan.expected, scan.expected_after);
  if (!scan.complete)
    notes.push_back(fmt::format(
        "PARTIAL: stopped early ({}). What is shown was seen; the rest is missing from every table "
        "and total: {} names were read{}.",
        scan.stopped_by.empty() ? "reason unknown" : scan.stopped_by, human_count(scan.keys),
        expected == 0 ? "" : " of about " + human_count(expected)));
  if (scan.restarts != 0)
    notes.push_back(fmt::format("Restarts of the server during the scan: {}; counting began again each time.",
                                human_count(scan.restarts)));
  if (scan.expected != 0 && scan.keys > expected)
    notes.push_back(fmt::format(
        "The scan returned {} names; the server held {} keys before and {} after. SCAN may return a "
        "key twice, and keys came and went meanwhile.",
        human_count(scan.keys), human_count(scan.expected), human_count(scan.expected_after)));
}

void note_faults(const std::vector<SnapshotFault>& faults, std::vector<std::string>& notes) {
  for (const auto& fault : faults)
    notes.push_back(fmt::format(
        "{}: {}, at byte {}{}.", fault.where, fault.what, fault.offset,
        fault.last_key.empty() ? std::string(", before the first key")
                               : "; the last whole key before it is " + escape_for_terminal(fault.last_key)));
}

void note_missing(const ServerFacts& server, std::vector<std::string>& notes) {
  for (const std::string& what : server.missing) notes.push_back("Not known: " + what);
}

}  // namespace headroom::report
