#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/key_record.h"
#include "model/pattern_group.h"

/// What is known of the keys of one pattern, in a bounded space.
namespace headroom::survey {

/// Mean and spread of some numbers.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0, squares = 0;  ///< squares: sum of squared distances from the mean
  double variance() const { return count > 1 ? squares / static_cast<double>(count - 1) : 0; }
};

/// Sizes added up in whole numbers: no rounding, no division, and the order does not matter. A size above
/// 2^48 (256 TiB: the server lies) counts as that, so that the squares of 2^32 such keys fit in 128 bits.
class ByteSums {
 public:
  void add(std::uint64_t bytes) {
    bytes = std::min(bytes, std::uint64_t{1} << 48);
    ++count_, sum_ += bytes, squares_ += Wide{bytes} * bytes;
  }
  void add(const ByteSums& other) { count_ += other.count_, sum_ += other.sum_, squares_ += other.squares_; }
  std::uint64_t count() const { return count_; }
  double sum() const { return static_cast<double>(sum_); }
  double mean() const { return count_ == 0 ? 0 : sum() / static_cast<double>(count_); }
  Moments moments() const;

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t count_ = 0;
  Wide sum_ = 0, squares_ = 0;
};

/// The confidence of every interval: 99.9 %.
inline constexpr double confidence = 0.999;

/// Half the width of the interval around `population` times the mean of a sample: the empirical Bernstein
/// bound (Audibert, Munos, Szepesvari 2009) at 99.9 %, 4 s / sqrt(n) + 24 R / n, with the correction for a
/// finite population and the largest value seen for the range R. 0 when all were measured. No sample can know
/// of a kind of key so rare that it holds none of it: one in a thousand keys may be missed by a sample of a
/// few hundred.
double half_width(const Moments& sample, double largest, std::uint64_t population);

/// The interval of a number of keys, of which `hits` in a sample of `n` were such: Wilson's score interval
/// with the same z.
Estimate proportion(std::uint64_t hits, std::uint64_t n, std::uint64_t population);

/// Sizes in buckets of a quarter of an octave, so that p50 and p99 are known within 19 %; at most 512 bytes.
class SizeSketch {
 public:
  void add(double bytes);
  void add(const SizeSketch& other);
  /// `bytes` counted `times` times.
  void add(double bytes, std::uint32_t times);
  double quantile(double q, double least, double most) const;
  /// As PatternGroup::sizes keeps it.
  std::vector<std::uint32_t> counts() const;
  void add(std::span<const std::uint32_t> counts);

 private:
  static constexpr std::size_t buckets = 128;
  std::array<std::uint32_t, buckets> counts_{};
  std::uint64_t total_ = 0;
};

/// The keys of one pattern and database.
class Cell {
 public:
  Cell(std::uint32_t db, std::string pattern, std::string_view example);

  std::uint32_t db() const { return db_; }
  const std::string& pattern() const { return pattern_; }
  const std::string& example() const { return example_; }
  std::uint64_t keys() const { return settled_keys_ + open_keys_; }
  /// Keys measured since the cell last took over another; the sample that `half_width` speaks of.
  std::uint64_t sampled() const { return open_measured_; }

  void count() { ++open_keys_; }
  /// Keys that the source was asked about since the cell last took over another; some may not have come back
  /// yet.
  std::uint64_t asked() const { return asked_; }
  void ask() { ++asked_; }
  /// How many keys must be measured for the bytes of all to be known within `allowed` on either side.
  std::uint64_t needed(double allowed) const;
  void take(const KeyRecord& record);
  /// Takes over all that `other` knows. Two cells of which every key was asked about are pooled, so that they
  /// are exact once the answers are here. Otherwise what both say now is settled, with its interval, and
  /// sampling begins anew. Answers that are still on their way belong to neither: their keys stay open, or
  /// their bytes would be in no sum at all.
  void merge(Cell other);
  void rename(std::string pattern) { pattern_ = std::move(pattern); }

  /// Bytes of all keys. When none was measured: unknown, an interval from 0 with no upper end is not shown;
  /// value and ends are 0.
  Estimate bytes() const;
  /// A few keys hold far more than the others: the largest more than 20 times the mean, or a coefficient of
  /// variation over 3.
  bool heavy_tailed() const;
  /// Most of the measured keys are not strings.
  bool holds_collections() const;
  PatternGroup group() const;

 private:
  bool asked_about_all() const { return std::max(asked_, open_measured_) >= open_keys_; }
  /// What the sample says of all open keys.
  Estimate grown(const ByteSums& sample) const;
  void settle();
  void merge_descriptions(const Cell& other);
  SizeSketch few_sizes() const;
  void begin_sketch();
  void take_age(const KeyRecord& record);
  void take_ttl(const KeyRecord& record);

  std::uint32_t db_ = 0;
  std::string pattern_, example_;
  std::uint64_t open_keys_ = 0, open_measured_ = 0, settled_keys_ = 0;
  std::uint64_t asked_ = 0;
  ByteSums bytes_{}, without_ttl_bytes_{};
  double largest_ = 0, smallest_ = 0;
  std::uint64_t never_ = 0,
                deadlines_known_ = 0;  ///< of the open sample: without TTL; whose TTL the source could see
  Estimate settled_bytes_{}, settled_without_ttl_{}, settled_without_ttl_bytes_{};
  std::unique_ptr<SizeSketch> sizes_{};
  // Of every key ever measured; these only describe, so merging adds them up.
  std::uint64_t measured_ = 0, ttl_unknown_ = 0, least_idle_ = 0;
  bool idle_seen_ = false;
  std::array<std::uint64_t, key_type_count> types_{};
  std::array<double, key_type_count> type_bytes_{};
  std::array<std::uint64_t, encoding_count> encodings_{};
  std::array<std::uint64_t, ttl_bucket_count> ttl_{};
  std::uint64_t expired_ = 0, expired_bytes_ = 0;
  std::array<std::uint64_t, idle_bucket_count> idle_{};
};

}  // namespace headroom::survey
