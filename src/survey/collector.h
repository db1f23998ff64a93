#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/key_record.h"
#include "model/survey.h"
#include "survey/pattern_table.h"

namespace headroom::survey {

struct CollectorOptions {
  double precision = 0.01;  ///< half-width of the interval of each pattern's bytes, as a share of all bytes
  bool exact = false;       ///< ask everything about every key
  std::size_t biggest = 50;
  PatternTable::Infrastructure infrastructure{};
};

/// Listens to a scan: counts every key under its pattern and decides which keys the server is asked about.
/// Deterministic.
///
/// Asked about are: the first 10 000 keys; of each pattern the first keys (64; 16 once there are a thousand
/// patterns), then as many as its spread demands (Cell:: needed, computed anew every 4096 keys), at least 400
/// in patterns above 0.1 % of all bytes, then every 256th key to the end. SCAN names keys in the order of
/// their hashes, which has nothing to do with their sizes, so the first keys are as fair a sample as any.
/// Patterns of collections in which a few hold most are asked about to the last key.
///
/// Collections hide giants, so patterns of them that make up less than 1 % of the keys are asked about to the
/// last key too, as long as that is less than 5 % of all keys.
///
/// Memory: see PatternTable; the biggest keys besides.
class Collector final : public RecordSink {
 public:
  explicit Collector(CollectorOptions options);

  Interest look(std::uint32_t db, std::string_view key) override;
  void take(const KeyRecord& record) override;
  void restart() override;

  std::vector<PatternGroup> groups() const;
  /// The pattern of the group that counts this key, as groups() names it; empty when no such key was named.
  std::string pattern_of(std::uint32_t db, std::string_view key) const { return table_.pattern_of(db, key); }
  /// Largest first; exact names.
  std::vector<BigKey> biggest() const;
  /// What `biggest` may have missed, in words.
  std::string guarantee() const;
  std::uint64_t measured() const { return measured_; }
  /// The cell that a ticket leads to by now: cells are merged while keys come. At the end, the pattern of
  /// every key is that of the cell of its ticket.
  std::uint32_t standing(std::uint32_t ticket) const { return table_.standing(ticket); }
  const Cell& cell(std::uint32_t ticket) const { return table_.cell(ticket); }
  /// Patterns that gave way to a wider one, and keys under "{other}".
  std::uint64_t folded() const { return table_.folded(); }
  std::uint64_t other_keys() const;

 private:
  struct Quota {
    std::uint64_t keys = 0;
    bool all = false;          ///< a heavy tail: every key from now on
    bool collections = false;  ///< every key while the pattern is rare
  };
  bool wants(std::uint32_t number, const Cell& cell);
  void plan();
  void remember(const KeyRecord& record);

  CollectorOptions options_;
  PatternTable table_;
  std::vector<Quota> quotas_{};  // by number of the cell
  std::vector<BigKey> heap_{};   // smallest in front
  std::uint64_t keys_ = 0, measured_ = 0, rare_asked_ = 0, next_plan_ = 0;
};

}  // namespace headroom::survey
