#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "model/key_record.h"

namespace headroom::source {

/// How a record lies in a batch.
namespace packing {

/// What every record has. What else it has, and what does not fit, follows as `flags` say, in their order;
/// then the name.
struct Head {
  std::uint32_t bytes = 0;
  std::uint16_t name_length = 0;
  std::uint8_t kind = 0;  ///< type and encoding
  std::uint8_t flags = 0;
};
static_assert(sizeof(Head) == 8);
static_assert(encoding_count <= 16 && key_type_count <= 16);

enum Flag : std::uint8_t {
  has_bytes = 1,
  large = 2,      ///< u64 bytes, u64 length of the name
  other_db = 4,   ///< u32
  many = 8,       ///< u64 elements; otherwise one
  has_ttl = 16,   ///< i64 ms
  has_idle = 32,  ///< u32 seconds
  has_freq = 64,  ///< u8
};
inline constexpr std::size_t longest_head = sizeof(Head) + 8 + 8 + 4 + 8 + 8 + 4 + 1;

class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  template <class Value>
  void put(const Value& value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  void text(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  char* at() const { return at_; }

 private:
  char* at_;
};

inline std::uint32_t seconds_of(std::chrono::seconds idle) {
  constexpr std::chrono::seconds longest{std::numeric_limits<std::uint32_t>::max()};
  return static_cast<std::uint32_t>(std::clamp(idle, std::chrono::seconds(0), longest).count());
}

inline std::uint8_t flags_of(const KeyRecord& record, std::uint32_t last_db) {
  const auto bytes = record.bytes.value_or(Bytes{}).count;
  unsigned flags = 0;
  if (record.bytes) flags |= has_bytes;
  if (bytes > std::numeric_limits<std::uint32_t>::max() ||
      record.key.size() > std::numeric_limits<std::uint16_t>::max())
    flags |= large;
  if (record.db != last_db) flags |= other_db;
  if (record.elements.value_or(1) != 1) flags |= many;
  if (record.expires == Expires::at) flags |= has_ttl;
  if (record.idle) flags |= has_idle;
  if (record.freq) flags |= has_freq;
  return static_cast<std::uint8_t>(flags);
}

}  // namespace packing

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
  /// Needs: `record.key` is whole; the ticket is not kept. Inline: the record need not be put together to be
  /// taken apart again.
  void add(const KeyRecord& record);
  /// Names every key to `sink`, in order, and gives it those it wants; counts both in `scan`.
  void give(RecordSink& sink, ScanOutcome& scan) const;

 private:
  static constexpr std::size_t usual = 96 * 1024, longest_usual = 1024;
  std::vector<char> bytes_;
  std::size_t used_ = 0, records_ = 0;
  std::uint32_t db_ = 0;  ///< of the last record
};

inline void RecordBatch::add(const KeyRecord& record) {
  using namespace packing;
  if (bytes_.size() - used_ < longest_head + record.key.size())
    bytes_.resize(used_ + longest_head + record.key.size());
  const auto flags = flags_of(record, db_);
  const auto bytes = record.bytes.value_or(Bytes{}).count;
  Writer out(bytes_.data() + used_);
  out.put(Head{static_cast<std::uint32_t>(bytes), static_cast<std::uint16_t>(record.key.size()),
               static_cast<std::uint8_t>(static_cast<unsigned>(record.type) << 4U |
                                         static_cast<unsigned>(record.encoding)),
               flags});
  if ((flags & large) != 0) out.put(bytes), out.put(static_cast<std::uint64_t>(record.key.size()));
  if ((flags & other_db) != 0) out.put(record.db);
  if ((flags & many) != 0) out.put(*record.elements);
  if ((flags & has_ttl) != 0) out.put(record.ttl.count());
  if ((flags & has_idle) != 0) out.put(seconds_of(*record.idle));
  if ((flags & has_freq) != 0) out.put(*record.freq);
  out.text(record.key);
  used_ = static_cast<std::size_t>(out.at() - bytes_.data());
  db_ = record.db;
  ++records_;
}

}  // namespace headroom::source
