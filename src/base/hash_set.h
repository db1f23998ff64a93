#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace headroom {

/// A set of names of which only 64-bit hashes are kept: 8 bytes each. Two names may have one hash, so `has()`
/// may be wrongly true (once in 2^64 / size() questions); it is never wrongly false. First everything is
/// added, then seal(), then questions.
class HashSet {
 public:
  /// Takes at most `most` additions, repetitions included; what comes later makes it not whole().
  explicit HashSet(std::size_t most = SIZE_MAX) : most_(most) {}

  void add(std::string_view name) { add_hash(hash_bytes(name)); }
  void add_hash(std::uint64_t hash) {
    if (hashes_.size() < most_)
      hashes_.push_back(hash);
    else
      whole_ = false;
  }
  /// Needed between the last add() and the first has(). Nothing is lost when more is added later, with seal()
  /// after it.
  void seal() {
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
  }
  bool has(std::string_view name) const { return has_hash(hash_bytes(name)); }
  bool has_hash(std::uint64_t hash) const { return std::binary_search(hashes_.begin(), hashes_.end(), hash); }
  /// False once something was not taken: then a name that it does not have may have been added all the same.
  bool whole() const { return whole_; }
  std::size_t size() const { return hashes_.size(); }

 private:
  std::size_t most_;
  bool whole_ = true;
  std::vector<std::uint64_t> hashes_{};
};

}  // namespace headroom
