#include "act/journal_disk.h"

#include <fmt/format.h>

#include <utility>

namespace headroom::act {

JournalDisk::JournalDisk(std::string path, Fd file, BlockChain chain, std::uint64_t bytes)
    : path_(std::move(path)),
      file_(std::move(file)),
      chain_(std::move(chain)),
      bytes_(bytes),
      thread_([this] { work(); }) {}

JournalDisk::~JournalDisk() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::uint64_t JournalDisk::order(std::string content, bool sync) {
  const std::lock_guard lock(mutex_);
  orders_.push_back({std::move(content), sync});
  changed_.notify_all();
  return ++ordered_;
}

Result<bool> JournalDisk::wait(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return broken_ || done_ >= number; });
  if (done_ < number) return fail(*broken_);
  return true;
}

bool JournalDisk::is_done(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  return done_ >= number;
}

void JournalDisk::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ends_ || !orders_.empty(); });
    if (orders_.empty()) return;
    const Order order = std::move(orders_.front());
    orders_.pop_front();
    lock.unlock();
    const auto done = carry_out(order);
    lock.lock();
    if (done)
      ++done_;
    else
      broken_ = done.error();
    changed_.notify_all();
    if (broken_) return;
  }
}

Result<bool> JournalDisk::carry_out(const Order& order) {
  if (!order.content.empty()) {
    if (auto written = write_block(order.content); !written) return written;
  }
  if (!order.sync || !unsynced_) return true;
  unsynced_ = false;
  return sync_file(file_, path_);
}

/// One write() for the whole block.
Result<bool> JournalDisk::write_block(std::string_view content) {
  if (content.size() > most_unpacked)
    return fail({fmt::format("one step needs {} bytes of journal", content.size()), path_,
                 "remove such keys by quarantine", Exit::partial});
  block_.assign(block_head, '\0');
  packer_.pack(content, block_);
  chain_.close(block_, content.size());
  unsynced_ = true;
  if (auto written = write_all(file_, block_, path_); !written) return written;
  bytes_ += block_.size();
  return true;
}

}  // namespace headroom::act
