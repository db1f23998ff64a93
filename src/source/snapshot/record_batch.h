#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/key_record.h"
#include "model/stored_value.h"
#include "source/rdb/decoder.h"

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
  large = 2,        ///< u64 bytes, u64 length of the name
  other_db = 4,     ///< u32
  many = 8,         ///< u64 elements; otherwise one
  has_ttl = 16,     ///< i64 ms
  has_idle = 32,    ///< u32 seconds
  has_freq = 64,    ///< u8
  has_value = 128,  ///< StringAt behind the name, and then its bytes where they lie nowhere else
};
inline constexpr std::size_t longest_head = sizeof(Head) + 8 + 8 + 4 + 8 + 8 + 4 + 1;

/// A string that goes along with its record.
struct StringAt {
  const char* bytes = nullptr;  ///< null: they follow
  std::uint32_t stored = 0, length = 0;
  std::uint64_t offset = 0;
  bool packed = false;
};

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

/// Where the strings go that were passed on with their records, and what was wrong with one.
class LaterValues {
 public:
  /// `listener` need not be known before there is a string.
  explicit LaterValues(ValueListener* const& listener) : listener_(listener) {}
  /// Unpacks it if need be, and tells the listener. `before` is the key before.
  void take(const StoredKey& key, const StoredString& value, Bytes bytes, std::string_view before);
  /// What the decoder would have said of the first that was damaged, had it unpacked it.
  void judge(rdb::Decoded& decoded);
  std::string last_key{};  ///< of the batch before

 private:
  bool unpack(const StoredString& value);

  ValueListener* const& listener_;
  std::string text_{}, before_{};
  std::optional<std::uint64_t> damaged_at_{};  ///< in the file
};

/// Some thousand records of keys with their names, on their way from one thread to another. Packed as tightly
/// as they come: every byte is written by one core and fetched by the other, which costs more than packing
/// it. A small string takes 8 bytes and its name; a KeyRecord alone would be 100.
/// Aligned so that the one being filled and the one being emptied share no cache line.
class alignas(128) RecordBatch {
 public:
  RecordBatch() : bytes_(usual) {}

  bool empty() const { return used_ == 0; }
  void clear();
  /// Needs: `record.key` is whole; the ticket is not kept. Inline: the record need not be put together to be
  /// taken apart again.
  void add(const KeyRecord& record);
  /// A record of a string that goes to a listener, too. Where `stays`, its bytes stay where they are until
  /// the batch is cleared.
  void add(const KeyRecord& record, const StoredString& value, bool stays);
  /// Names every key to `sink`, in order, and gives it those it wants; counts both in `scan`. Strings that go
  /// along are unpacked and go to `values`.
  void give(RecordSink& sink, ScanOutcome& scan, LaterValues& values) const;

 private:
  static constexpr std::size_t usual = 32 * 1024;
  std::vector<char> bytes_;
  std::size_t used_ = 0, records_ = 0;
  std::uint32_t db_ = 0;  ///< of the last record

  char* begin(std::size_t bytes);
  void write(packing::Writer& out, const KeyRecord& record, std::uint8_t flags);
  void end(const packing::Writer& out, const KeyRecord& record);
};

inline char* RecordBatch::begin(std::size_t bytes) {
  if (bytes_.size() - used_ < bytes) bytes_.resize(used_ + bytes);
  return bytes_.data() + used_;
}

inline void RecordBatch::write(packing::Writer& out, const KeyRecord& record, std::uint8_t flags) {
  using namespace packing;
  const auto bytes = record.bytes.value_or(Bytes{}).count;
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
}

inline void RecordBatch::end(const packing::Writer& out, const KeyRecord& record) {
  used_ = static_cast<std::size_t>(out.at() - bytes_.data());
  db_ = record.db;
  ++records_;
}

inline void RecordBatch::add(const KeyRecord& record) {
  packing::Writer out(begin(packing::longest_head + record.key.size()));
  write(out, record, packing::flags_of(record, db_));
  end(out, record);
}

}  // namespace headroom::source
