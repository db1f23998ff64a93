#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace headroom::survey {

/// Remembers in which cell names of a fingerprint were counted; 256 KiB. What was found once need not be
/// folded, written and looked up again. Forgets everything when it is half full: patterns that still come are
/// learned anew.
class KnownNames {
 public:
  std::optional<std::uint32_t> find(std::uint64_t fingerprint) const {
    for (auto at = fingerprint & last; entries_[at].used; at = (at + 1) & last)
      if (entries_[at].fingerprint == fingerprint) return entries_[at].cell;
    return std::nullopt;
  }
  void add(std::uint64_t fingerprint, std::uint32_t cell) {
    if (size_ >= (last + 1) / 2) clear();
    auto at = fingerprint & last;
    while (entries_[at].used && entries_[at].fingerprint != fingerprint) at = (at + 1) & last;
    size_ += entries_[at].used ? 0 : 1;
    entries_[at] = {fingerprint, cell, true};
  }
  void clear() {
    if (size_ == 0) return;
    entries_.assign(last + 1, {});
    size_ = 0;
  }

 private:
  struct Entry {
    std::uint64_t fingerprint = 0;
    std::uint32_t cell = 0;
    bool used = false;
  };
  static constexpr std::uint64_t last = 16 * 1024 - 1;
  std::vector<Entry> entries_ = std::vector<Entry>(last + 1);
  std::uint64_t size_ = 0;
};

}  // namespace headroom::survey
