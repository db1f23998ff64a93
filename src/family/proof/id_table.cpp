#include "family/proof/id_table.h"

#include <utility>

namespace headroom::family {
namespace {

constexpr std::size_t least_capacity = 64;
constexpr std::uint64_t for_zero = 0x9e3779b97f4a7c15;  // 0 marks a free entry

}  // namespace

std::size_t IdTable::place_of(std::uint64_t fingerprint) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t place = fingerprint & mask;
  while (entries_[place].fingerprint != 0 && entries_[place].fingerprint != fingerprint)
    place = (place + 1) & mask;
  return place;
}

IdTable::Entry* IdTable::at(std::uint64_t fingerprint) {
  if (fingerprint == 0) fingerprint = for_zero;
  if (!entries_.empty()) {
    Entry& entry = entries_[place_of(fingerprint)];
    if (entry.fingerprint != 0) return &entry;
  }
  if ((size_ + 1) * 8 > entries_.size() * 7 && !grow()) return nullptr;
  Entry& entry = entries_[place_of(fingerprint)];
  entry.fingerprint = fingerprint;
  ++size_;
  return &entry;
}

const IdTable::Entry* IdTable::find(std::uint64_t fingerprint) const {
  if (entries_.empty()) return nullptr;
  const Entry& entry = entries_[place_of(fingerprint == 0 ? for_zero : fingerprint)];
  return entry.fingerprint == 0 ? nullptr : &entry;
}

bool IdTable::grow() {
  const std::size_t capacity = entries_.empty() ? least_capacity : entries_.size() * 2;
  if ((capacity + entries_.size()) * sizeof(Entry) > limit_) return false;
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(capacity));
  for (const Entry& entry : old)
    if (entry.fingerprint != 0) entries_[place_of(entry.fingerprint)] = entry;
  return true;
}

void IdTable::clear() {
  std::vector<Entry>().swap(entries_);
  size_ = 0;
}

}  // namespace headroom::family
