#include "family/proof/id_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>

namespace headroom::family {
namespace {

/// While a table grows, the old one of half the size is there too.
std::size_t slots_for(std::size_t bytes) { return std::bit_floor(std::max<std::size_t>(bytes / 24, 64)); }

std::uint16_t kind_flags(const Identity& identity) {
  return static_cast<std::uint16_t>((identity.number ? IdTable::number_flag : 0) |
                                    (identity.hashed ? IdTable::hashed_flag : 0));
}

bool same(const IdTable::Entry& entry, const Identity& identity) {
  constexpr std::uint16_t kinds = IdTable::number_flag | IdTable::hashed_flag;
  return entry.tail == identity.tail && (entry.flags & kinds) == kind_flags(identity) &&
         (identity.hashed || entry.prefix == identity.prefix);
}

}  // namespace

IdTable::IdTable(std::size_t bytes) : most_slots_(slots_for(bytes)) { clear(); }

void IdTable::clear() {
  Entries(std::min(first_slots, most_slots_)).swap(entries_);
  mask_ = entries_.size() - 1;
  used_ = left_out_ = waiting_count_ = 0;
}

void IdTable::flush() {
  const std::span<const Waiting> all(waiting_.data(), waiting_count_);
  for (const Waiting& one : all) __builtin_prefetch(&entries_[one.place & mask_]);
  for (const Waiting& one : all) settle(one);
  waiting_count_ = 0;
}

void IdTable::settle(const Waiting& one) {
  std::size_t slot = one.place & mask_;
  while (entries_[slot].flags != 0 && !same(entries_[slot], one.identity)) slot = (slot + 1) & mask_;
  Entry* entry = &entries_[slot];
  if (entry->flags == 0) {
    if (used_ >= entries_.size() / 4 * 3) {
      if (entries_.size() >= most_slots_) {
        ++left_out_;
        return;
      }
      grow();
      return settle(one);
    }
    ++used_;
    *entry = {one.identity.tail, 0, one.identity.prefix, kind_flags(one.identity)};
  }
  entry->flags |= one.flags;
  if (entry->prefix == 0) entry->prefix = one.identity.prefix;
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  entry->bytes = static_cast<std::uint32_t>(std::min(most, entry->bytes + one.bytes));
}

void IdTable::place(const Entry& entry) {
  std::size_t slot = entry.identity().place() & mask_;
  while (entries_[slot].flags != 0) slot = (slot + 1) & mask_;
  entries_[slot] = entry;
  ++used_;
}

/// Fills the slot of a removed entry with the next one that may stand there, and so on to the end of the run:
/// a look-up ends at the first free slot, so none may be left between an entry and its place.
void IdTable::close_gap(std::size_t gap) {
  --used_;
  for (std::size_t next = (gap + 1) & mask_; entries_[next].flags != 0; next = (next + 1) & mask_) {
    const std::size_t home = entries_[next].identity().place() & mask_;
    if (((next - home) & mask_) < ((next - gap) & mask_)) continue;
    entries_[gap] = entries_[next];
    gap = next;
  }
  entries_[gap] = {};
}

void IdTable::grow() {
  Entries old(entries_.size() * 2);
  old.swap(entries_);
  mask_ = entries_.size() - 1;
  used_ = 0;
  for (const Entry& entry : old)
    if (entry.flags != 0) place(entry);
}

const IdTable::Entry* IdTable::find(const Identity& identity) const {
  std::size_t slot = identity.place() & mask_;
  while (entries_[slot].flags != 0) {
    if (same(entries_[slot], identity)) return &entries_[slot];
    slot = (slot + 1) & mask_;
  }
  return nullptr;
}

}  // namespace headroom::family
