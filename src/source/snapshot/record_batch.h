#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/key_record.h"

namespace headroom::source {

/// Some thousand records of keys with their names, on their way from one thread to another. Packed as tightly
/// as they come: every byte is written by one core and fetched by the other, which costs more than packing
/// it. A small string takes 8 bytes and its name; a KeyRecord alone would be 100.
/// Aligned so that the one being filled and the one being emptied share no cache line.
class alignas(128) RecordBatch {
 public:
  RecordBatch() : bytes_(usual) {}

  bool full() const { return used_ >= usual - longest_usual; }
  bool empty() const { return used_ == 0; }
  void clear() { used_ = records_ = 0, db_ = 0; }
  /// Needs: `record.key` is whole; the ticket is not kept.
  void add(const KeyRecord& record);
  /// Names every key to `sink`, in order, and gives it those it wants; counts both in `scan`.
  void give(RecordSink& sink, ScanOutcome& scan) const;

 private:
  static constexpr std::size_t usual = 96 * 1024, longest_usual = 1024;
  std::vector<char> bytes_;
  std::size_t used_ = 0, records_ = 0;
  std::uint32_t db_ = 0;  ///< of the last record
};

}  // namespace headroom::source
