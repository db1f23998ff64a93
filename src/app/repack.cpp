#include "app/repack.h"

#include <utility>

namespace headroom::app {

void GainQueue::put(std::uint64_t key, const RepackGain& gain) {
  const std::lock_guard lock(mutex_);
  coming_.push_back({key, gain});
}

std::optional<RepackGain> GainQueue::next(std::uint64_t key) {
  if (here_.empty()) {
    const std::lock_guard lock(mutex_);
    std::swap(here_, coming_);
  }
  if (here_.empty() || here_.front().key != key) return {};
  const auto gain = here_.front().gain;
  here_.pop_front();
  return gain;
}

ValueMeter& RepackCompanion::meter(memory::KeyModel& model) {
  return model_.emplace(model, [this](std::uint64_t key, const RepackGain& gain) { queue_.put(key, gain); });
}

void RepackCompanion::take(const KeyRecord& record, const survey::Collector& collector) {
  if (!gains_) gains_.emplace(collector);
  while (const auto gain = queue_.next(keys_)) gains_->add(record.ticket, *gain);
  ++keys_;
}

void RepackCompanion::finish(const survey::Collector& collector, const Survey& survey) {
  if (!gains_) gains_.emplace(collector);
  advice_.owners = gains_->by_owner(survey);
  for (const auto& owner : advice_.owners) {
    advice_.total.keys += owner.all.keys;
    advice_.total.bytes += owner.all.bytes;
    advice_.total.sums.add(owner.all.sums);
  }
  if (model_) advice_.packed_elements = model_->packed_elements();
  for (std::size_t i = 0; i < repacked_count; ++i)
    advice_.choices[i] = memory::choose(static_cast<Repacked>(i), advice_.total.sums,
                                        advice_.packed_elements[i], advice_.total.bytes);
}

}  // namespace headroom::app
