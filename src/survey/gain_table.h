#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/repack.h"
#include "model/survey.h"
#include "survey/collector.h"

namespace headroom::survey {

/// Sums gains by the cell of their key. Memory: 64 bytes or so for each rung of each pattern that has a gain;
/// cells that a collector merges are followed, so that it stays with the number of patterns.
class GainTable {
 public:
  /// Borrows the collector, which gives the tickets.
  explicit GainTable(const Collector& collector) : collector_(collector) {}
  void add(std::uint32_t ticket, const RepackGain& gain);

  /// By owner, from a survey of the same collector's groups: who has them, and what they are for. Keys that
  /// belong to nobody we know are one owner without a name for each database. Largest saving under the
  /// highest limits first, ties by name; those that would save nothing are in it, too.
  std::vector<RepackOwner> by_owner(const Survey& survey) const;

 private:
  void follow_merges();

  const Collector& collector_;
  std::unordered_map<std::uint64_t, RepackSum> sums_{};  // by ticket and place
  std::size_t next_look_ = 65'536;
};

}  // namespace headroom::survey
