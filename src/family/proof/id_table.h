#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace headroom::family {

/// What a proof remembers of many ids: some marks and a number, 16 bytes each, under a 64-bit fingerprint of
/// the id. Open addressing; 18 to 37 bytes per id. Two of 10 million ids share a fingerprint with a chance of
/// 1 in 370 000.
class IdTable {
 public:
  struct Entry {
    std::uint64_t fingerprint = 0;  ///< 0: free
    std::uint32_t number = 0;
    std::uint16_t marks = 0;
    std::uint16_t owner = 0;
  };

  /// Never holds more than `limit` bytes, both tables counted while it grows.
  explicit IdTable(std::size_t limit) : limit_(limit) {}

  /// The entry of a fingerprint, a new one if need be; null when there is no room for a new one.
  /// Valid until the next call.
  Entry* at(std::uint64_t fingerprint);
  const Entry* find(std::uint64_t fingerprint) const;
  const std::vector<Entry>& entries() const { return entries_; }  ///< free ones among them
  std::size_t size() const { return size_; }
  void clear();

 private:
  std::size_t place_of(std::uint64_t fingerprint) const;
  bool grow();

  std::size_t limit_;
  std::size_t size_ = 0;
  std::vector<Entry> entries_{};
};

}  // namespace headroom::family
