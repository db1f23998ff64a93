#include "source/live/pacer.h"

namespace headroom::source {
namespace {

// Work between two rests. Shorter ones would be mostly timer slack (about 50 us each); longer ones are felt
// as bursts.
constexpr std::chrono::milliseconds slice{2};

}  // namespace

void Pacer::busy(Time now) {
  if (!working_) since_ = now;
  working_ = true;
}

void Pacer::idle(Time now) {
  if (working_) worked_ += now - since_;
  working_ = false;
}

bool Pacer::rest_due(Time now) const {
  if (percent_ >= 100) return false;
  return worked_ + (working_ ? now - since_ : Span{}) >= slice;
}

Pacer::Span Pacer::take_rest() {
  const Span rest = worked_ * (100 - percent_) / percent_;
  worked_ = Span{};
  return rest;
}

}  // namespace headroom::source
