#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace headroom::source::rdb {

/// A ring of slots that one thread fills and another empties, in order. The consumer may go on using the last
/// `held` slots that it took. Slots are made once and used again and again, so nothing is allocated on the
/// way.
template <class Slot, std::size_t slots, std::size_t held = 1>
class Handoff {
  static_assert(held < slots);

 public:
  /// Producer: the slot to fill next; waits for one. Null when the consumer has left.
  Slot* room() {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return left_ || filled_ + held < taken_ + slots; });
    return left_ ? nullptr : &ring_[filled_ % slots];
  }
  /// Producer: what room() gave is filled.
  void publish() {
    change([&] { ++filled_; });
  }
  /// Producer: nothing more will come.
  void close() {
    change([&] { closed_ = true; });
  }

  /// Consumer: the next filled slot; waits for one. Null at the end.
  Slot* take() {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return filled_ > taken_ || closed_; });
    if (filled_ == taken_) return nullptr;
    Slot* slot = &ring_[taken_++ % slots];
    const bool awaited = waiting_ > 0;
    lock.unlock();
    if (awaited) changed_.notify_all();
    return slot;
  }
  /// Consumer: takes nothing more.
  void leave() {
    change([&] { left_ = true; });
  }

 private:
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, Ready ready) {
    ++waiting_;
    changed_.wait(lock, ready);
    --waiting_;
  }
  /// Wakes the other side if it waits: to wake nobody costs as much.
  template <class Change>
  void change(Change what) {
    std::unique_lock lock(mutex_);
    what();
    const bool awaited = waiting_ > 0;
    lock.unlock();
    if (awaited) changed_.notify_all();
  }

  std::array<Slot, slots> ring_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t filled_ = 0, taken_ = 0;
  bool closed_ = false, left_ = false;
  int waiting_ = 0;  ///< sides that wait, or were woken and do not know it yet
};

}  // namespace headroom::source::rdb
