#pragma once

#include <vector>

#include "model/survey.h"

/// Groups add up to a Survey.
namespace headroom::survey {

/// Several estimates as one. Their errors are independent (each pattern has a sample of its own), so the
/// widths add up like the sides of a right triangle: sqrt(a^2 + b^2), each side of the interval by itself.
class EstimateSum {
 public:
  void add(const Estimate& estimate);
  Estimate total() const;

 private:
  double value_ = 0, below_ = 0, above_ = 0;  // below, above: sums of squares
};

/// What an audit knows besides the groups.
struct Observed {
  ServerFacts server{};
  ScanOutcome scan{};
  double precision = 0.01;
  std::uint64_t measured = 0;
  std::vector<BigKey> biggest{};
  std::string biggest_guarantee{};
  std::uint64_t folded_patterns = 0;
  std::uint64_t other_keys = 0;
};

/// Adds attributed groups up: totals, families, owners and parts, types, TTL and idle histograms, debris.
/// Keys of nobody we know are the family "" and have no owner. Tables are sorted by bytes, largest first,
/// ties by name. `reconciliation` is left empty: it is memory::reconcile's.
Survey summarise(std::vector<PatternGroup> groups, Observed observed);

/// Two servers or files as one report (shards, or a cache and a queue): everything adds up, and patterns of
/// the same database, name and attribution are one row (merge_groups.h). Server facts are the first one's,
/// with both targets named and both memories added.
Survey merge(Survey a, Survey b);

}  // namespace headroom::survey
