#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "act/journal_blocks.h"
#include "act/packing.h"
#include "act/private_file.h"

namespace headroom::act {

/// Packs, seals and writes the blocks of a journal and brings them to the disk, in order and in a thread of
/// its own: whoever waits for the disk can do something else meanwhile. Used by one other thread.
class JournalDisk {
 public:
  /// `chain` up to the end of the file, which has `bytes`.
  JournalDisk(std::string path, Fd file, BlockChain chain, std::uint64_t bytes);
  ~JournalDisk();  ///< what was handed over is written
  JournalDisk(const JournalDisk&) = delete;
  JournalDisk& operator=(const JournalDisk&) = delete;

  /// The content of a block; empty: none. `sync`: fdatasync behind it. The number of this order.
  std::uint64_t order(std::string content, bool sync);
  /// Waits until the order was carried out. Errors: it was not, or one before it: what reached the disk is
  /// not known then, and no later order is carried out (F36).
  Result<bool> wait(std::uint64_t number);
  bool is_done(std::uint64_t number);
  std::uint64_t bytes() const { return bytes_; }  ///< written

 private:
  struct Order {
    std::string content{};
    bool sync = false;
  };
  void work();
  Result<bool> carry_out(const Order& order);
  Result<bool> write_block(std::string_view content);

  std::string path_;
  Fd file_;
  BlockChain chain_;
  Packer packer_{};
  std::string block_{};
  std::atomic<std::uint64_t> bytes_;
  bool unsynced_ = false;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<Order> orders_{};
  std::uint64_t ordered_ = 0, done_ = 0;
  std::optional<Error> broken_{};
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace headroom::act
