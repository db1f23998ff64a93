#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/large_pages.h"

/// What a proof remembers of millions of ids: 16 bytes each, no strings.
namespace headroom::family {

/// A key's name for a table: who stands in front (a number from a PrefixTable) and what stands behind.
struct Identity {
  std::uint64_t tail = 0;    ///< the number itself, or a hash
  std::uint16_t prefix = 0;  ///< 0: not known
  bool number = false;       ///< `tail` is the number that the name ends in
  bool hashed = false;  ///< `tail` is a hash of the whole name: `prefix` is a hint and tells nothing apart

  /// Where the identity stands among all: the same on every run, spread evenly.
  std::uint64_t place() const {
    std::uint64_t mixed =
        tail + (hashed ? 0 : std::uint64_t{prefix} * 0x9E3779B97F4A7C15ULL) + (number ? 1 : 0);
    mixed ^= mixed >> 32U;
    mixed *= 0xD6E8FEB86659FD93ULL;
    mixed ^= mixed >> 29U;
    mixed *= 0xD6E8FEB86659FD93ULL;
    return mixed ^ (mixed >> 32U);
  }
};

/// Identities and what was met of each: flags that add up, and bytes. Open addressing, one allocation.
class IdTable {
 public:
  struct Entry {
    std::uint64_t tail = 0;
    std::uint32_t bytes = 0;  ///< of one key; 4 GiB and more are 4 GiB
    std::uint16_t prefix = 0;
    std::uint16_t flags = 0;  ///< 0: the slot is free
    Identity identity() const {
      return {tail, prefix, (flags & number_flag) != 0, (flags & hashed_flag) != 0};
    }
  };
  static_assert(sizeof(Entry) == 16);
  static constexpr std::uint16_t number_flag = 1U << 14U;
  static constexpr std::uint16_t hashed_flag = 1U << 15U;

  /// `bytes` bounds what it holds at any time, the moment of growing included.
  explicit IdTable(std::size_t bytes);

  /// Adds `flags` (at least one, of the lower 14 bits) and bytes to an identity. Takes effect with flush() at
  /// the latest: a look-up waits for memory, so 64 of them are made together, whose waits overlap.
  void add(const Identity& identity, std::uint16_t flags, std::uint64_t bytes = 0) {
    waiting_[waiting_count_++] = {identity, identity.place(), flags, bytes};
    if (waiting_count_ == waiting_.size()) flush();
  }
  void flush();
  /// False once something had to be left out for want of room: nothing is proved by this table any more.
  bool whole() const { return left_out_ == 0; }

  /// Needs: flush() since the last add(). Null when it was never added.
  const Entry* find(const Identity& identity) const;
  template <class Visit>
  void each(Visit visit) const {
    for (const Entry& entry : entries_)
      if (entry.flags != 0) visit(entry);
  }
  /// Whether the next few calls of add() may leave something out.
  bool nearly_full() {
    constexpr std::size_t few = 32;
    if (used_ + waiting_.size() + few >= room()) flush();
    return used_ + few >= room();
  }
  /// Removes those of which `unwanted(entry)`, in place.
  template <class Unwanted>
  void remove(Unwanted unwanted) {
    flush();
    for (std::size_t slot = 0; slot < entries_.size(); ++slot)
      while (entries_[slot].flags != 0 && unwanted(entries_[slot])) close_gap(slot);
  }
  /// Forgets everything and takes up the least memory.
  void clear();

  std::size_t size() const { return used_; }
  /// The most that it can hold.
  std::size_t room() const { return most_slots_ / 4 * 3; }

 private:
  struct Waiting {
    Identity identity{};
    std::uint64_t place = 0;
    std::uint16_t flags = 0;
    std::uint64_t bytes = 0;
  };
  using Entries = std::vector<Entry, LargePages<Entry>>;
  static constexpr std::size_t first_slots = 1024;

  void settle(const Waiting& one);
  void place(const Entry& entry);
  void close_gap(std::size_t gap);
  void grow();

  std::size_t most_slots_;
  Entries entries_;
  std::size_t mask_ = 0;
  std::size_t used_ = 0;
  std::uint64_t left_out_ = 0;
  std::array<Waiting, 64> waiting_{};
  std::size_t waiting_count_ = 0;
};

}  // namespace headroom::family
