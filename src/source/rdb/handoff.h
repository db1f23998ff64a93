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
  Slot& slot(std::size_t number) { return ring_[number]; }

  /// Producer: the slot to fill next; waits for one. Null when the consumer has left.
  Slot* room() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return left_ || filled_ + held < taken_ + slots; });
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
    changed_.wait(lock, [&] { return filled_ > taken_ || closed_; });
    if (filled_ == taken_) return nullptr;
    Slot* slot = &ring_[taken_++ % slots];
    lock.unlock();
    changed_.notify_all();
    return slot;
  }
  /// Consumer: takes nothing more.
  void leave() {
    change([&] { left_ = true; });
  }

 private:
  template <class Change>
  void change(Change what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    changed_.notify_all();
  }

  std::array<Slot, slots> ring_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t filled_ = 0, taken_ = 0;
  bool closed_ = false, left_ = false;
};

}  // namespace headroom::source::rdb
