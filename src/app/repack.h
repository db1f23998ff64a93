#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "app/snapshot_survey.h"
#include "memory/repack.h"
#include "model/repack.h"
#include "survey/gain_table.h"

namespace headroom::app {

/// Gains on their way from the thread that decodes to the one that sums them. The decoder runs ahead by a few
/// thousand keys at most (source/snapshot.h), so there are never more.
class GainQueue {
 public:
  void put(std::uint64_t key, const RepackGain& gain);
  /// The next gain of that key; keys are asked for in order, once the decoder is past them.
  std::optional<RepackGain> next(std::uint64_t key);

 private:
  struct Item {
    std::uint64_t key = 0;
    RepackGain gain{};
  };
  std::mutex mutex_;
  std::deque<Item> coming_{};  // under the mutex
  std::deque<Item> here_{};    // of the thread that asks
};

/// Finds out, while a snapshot is surveyed, what other limits would save on its keys, by owner.
class RepackCompanion final : public SnapshotCompanion {
 public:
  ValueMeter& meter(memory::KeyModel& model) override;
  void take(const KeyRecord& record, const survey::Collector& collector) override;
  void finish(const survey::Collector& collector, const Survey& survey) override;

  /// After the survey.
  const RepackAdvice& advice() const { return advice_; }

 private:
  GainQueue queue_{};
  std::optional<memory::RepackModel> model_{};
  std::optional<survey::GainTable> gains_{};
  std::uint64_t keys_ = 0;
  RepackAdvice advice_{};
};

}  // namespace headroom::app
