#include <array>
#include <charconv>

#include "facts/collector.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;

/// From jemalloc's own report. Nothing else tells: mem_allocator reads "jemalloc-5.3.0" for both quanta
/// (memory-model.md 0.1).
std::uint64_t quantum_in(std::string_view report) {
  constexpr std::string_view label = "Quantum size:";
  const auto at = report.find(label);
  if (at == std::string_view::npos) return 0;
  report.remove_prefix(at + label.size());
  report.remove_prefix(std::min(report.find_first_not_of(' '), report.size()));
  std::uint64_t quantum = 0;
  const bool read = std::from_chars(report.data(), report.data() + report.size(), quantum).ec == std::errc{};
  const bool sane = quantum == 8 || quantum == 16;
  return read && sane ? quantum : 0;
}

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{"MEMORY MALLOC-STATS", "how the allocator rounds sizes is guessed"};
  auto reply = call_if_allowed(link, facts, std::array{"MEMORY"sv, "MALLOC-STATS"sv}, loss);
  if (!reply) return fail(reply.error());
  if (*reply) facts.quantum = quantum_in((*reply)->text);
  return true;
}

}  // namespace

Collector allocator_quantum() { return {collect}; }

}  // namespace headroom::facts
