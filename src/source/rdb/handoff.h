#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace headroom::source::rdb {

/// A ring of slots that one thread fills and another empties, in order. The consumer may go on using the last
/// `held` slots that it took. Slots are made once and used again and again, so nothing is allocated on the
/// way.
///
/// A producer that found the ring full sleeps until half of it is empty: to be put to sleep and woken costs
/// more than to fill a slot, and would happen with every one.
template <class Slot, std::size_t slots, std::size_t held = 1>
class Handoff {
  static_assert(held < slots);

 public:
  /// Producer: the slot to fill next; waits for one. Null when the consumer has left.
  Slot* room() {
    std::unique_lock lock(mutex_);
    if (!left_ && filled_ - taken_ >= most) {
      sleeps_ = true;
      emptied_.wait(lock, [&] { return left_ || filled_ - taken_ <= most / 2; });
      sleeps_ = false;
    }
    return left_ ? nullptr : &ring_[filled_ % slots];
  }
  /// Producer: what room() gave is filled.
  void publish() {
    tell(filled_or_closed_, awaits_, [&] { ++filled_; });
  }
  /// Producer: nothing more will come.
  void close() {
    tell(filled_or_closed_, awaits_, [&] { closed_ = true; });
  }

  /// Consumer: the next filled slot; waits for one. Null at the end.
  Slot* take() {
    std::unique_lock lock(mutex_);
    if (filled_ == taken_ && !closed_) {
      awaits_ = true;
      filled_or_closed_.wait(lock, [&] { return filled_ > taken_ || closed_; });
      awaits_ = false;
    }
    if (filled_ == taken_) return nullptr;
    Slot* slot = &ring_[taken_++ % slots];
    const bool awaited = sleeps_ && filled_ - taken_ <= most / 2;
    lock.unlock();
    if (awaited) emptied_.notify_one();
    return slot;
  }
  /// Consumer: takes nothing more.
  void leave() {
    tell(emptied_, sleeps_, [&] { left_ = true; });
  }

  /// When both threads are done: every slot, in the order in which the producer would have had them back.
  template <class Look>
  void each(Look look) {
    for (std::size_t i = 0; i < slots; ++i) look(ring_[(filled_ + i) % slots]);
  }

 private:
  static constexpr std::size_t most = slots - held;  ///< filled and not taken

  /// Wakes the other side if it waits: to wake nobody costs as much.
  template <class Change>
  void tell(std::condition_variable& whom, const bool& waits, Change what) {
    std::unique_lock lock(mutex_);
    what();
    const bool awaited = waits;
    lock.unlock();
    if (awaited) whom.notify_one();
  }

  std::array<Slot, slots> ring_{};
  std::mutex mutex_{};
  std::condition_variable filled_or_closed_{}, emptied_{};
  std::size_t filled_ = 0, taken_ = 0;
  bool closed_ = false, left_ = false;
  bool awaits_ = false,
       sleeps_ = false;  ///< the consumer, the producer; or was woken and does not know it yet
};

}  // namespace headroom::source::rdb
