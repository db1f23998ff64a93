#include "interval_check.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace headroom::bench {
namespace {

struct Interval {
  double bytes = 0, low = 0, high = 0, keys = 0;
};
using Patterns = std::map<std::pair<int, std::string>, Interval>;

// Calls `read` with the report in `file`; a file that is none becomes an error that names it.
template <class Read>
auto with_report(const std::string& file, Read read) {
  try {
    std::ifstream in(file);
    return read(nlohmann::json::parse(in));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(fmt::format("{} is not a report of headroom audit: {}", file, error.what()));
  }
}

Patterns read_patterns(const std::string& file) {
  return with_report(file, [](const nlohmann::json& report) {
    Patterns out;
    for (const auto& row : report.at("patterns")) {
      Interval it;
      it.bytes = row.at("bytes").get<double>();
      it.low = row.value("bytes_low", it.bytes);
      it.high = row.value("bytes_high", it.bytes);
      it.keys = row.at("keys").get<double>();
      out[{row.value("db", 0), row.at("pattern").get<std::string>()}] = it;
    }
    return out;
  });
}

std::string miss(const Patterns::key_type& name, const Interval& seen, double truth) {
  return fmt::format("db {} {}: exact {:.0f}, said {:.0f} [{:.0f}, {:.0f}], {:.0f} keys, off by {:+.2f} %",
                     name.first, name.second, truth, seen.bytes, seen.low, seen.high, seen.keys,
                     (seen.bytes / truth - 1) * 100);
}

}  // namespace

double reported_keys(const std::string& file) {
  return with_report(file, [&](const nlohmann::json& report) {
    if (!report.at("complete").get<bool>())
      throw std::runtime_error(file + " says that the audit is not complete");
    return report.at("keys").get<double>();
  });
}

IntervalCheck check_intervals(const std::string& sampled_file, const std::string& exact_file) {
  const Patterns sampled = read_patterns(sampled_file), exact = read_patterns(exact_file);
  IntervalCheck check;
  double sum = 0, truth = 0, widths = 0;
  for (const auto& [name, seen] : sampled) {
    sum += seen.bytes;
    if (exact.contains(name)) continue;
    ++check.missing;
    check.misses.push_back(fmt::format("db {} {}: only in the audit by sample", name.first, name.second));
  }
  for (const auto& [name, real] : exact) {
    truth += real.bytes;
    const auto found = sampled.find(name);
    if (found == sampled.end()) {
      ++check.missing;
      check.misses.push_back(fmt::format("db {} {}: only in the exact audit", name.first, name.second));
      continue;
    }
    const Interval& seen = found->second;
    widths += (seen.high - seen.low) / 2;
    // One byte of room: the report rounds an estimate to whole bytes.
    const bool holds = seen.low - 1 <= real.bytes && real.bytes <= seen.high + 1;
    ++(holds ? check.inside : check.outside);
    if (holds && seen.low == seen.high) ++check.exact;
    if (!holds) check.misses.push_back(miss(name, seen, real.bytes));
  }
  if (truth <= 0) throw std::runtime_error(exact_file + " has no pattern with bytes");
  check.total_error = sum / truth - 1;
  check.mean_half_width = widths / truth;
  return check;
}

}  // namespace headroom::bench
