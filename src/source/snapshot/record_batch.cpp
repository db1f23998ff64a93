#include "source/snapshot/record_batch.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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
constexpr std::size_t longest_head = sizeof(Head) + 8 + 8 + 4 + 8 + 8 + 4 + 1;

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

class Reader {
 public:
  explicit Reader(const char* at) : at_(at) {}
  template <class Value>
  Value get() {
    Value value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string_view text(std::size_t length) {
    at_ += length;
    return {at_ - length, length};
  }

 private:
  const char* at_;
};

std::uint32_t seconds_of(seconds idle) {
  constexpr seconds longest{std::numeric_limits<std::uint32_t>::max()};
  return static_cast<std::uint32_t>(std::clamp(idle, seconds(0), longest).count());
}

std::uint8_t flags_of(const KeyRecord& record, std::uint32_t last_db) {
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

}  // namespace

void RecordBatch::add(const KeyRecord& record) {
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

void RecordBatch::give(RecordSink& sink, ScanOutcome& scan) const {
  Reader in(bytes_.data());
  std::uint32_t db = 0;
  std::uint64_t asked = 0;
  for (std::size_t i = 0; i < records_; ++i) {
    const auto head = in.get<Head>();
    const auto has = [&](Flag flag) { return (head.flags & flag) != 0; };
    KeyRecord record;
    std::uint64_t bytes = head.bytes, name_length = head.name_length;
    if (has(large)) bytes = in.get<std::uint64_t>(), name_length = in.get<std::uint64_t>();
    if (has(other_db)) db = in.get<std::uint32_t>();
    record.elements = has(many) ? in.get<std::uint64_t>() : 1;
    record.expires = has(has_ttl) ? Expires::at : Expires::never;
    if (has(has_ttl)) record.ttl = milliseconds(in.get<std::int64_t>());
    if (has(has_idle)) record.idle = seconds(in.get<std::uint32_t>());
    if (has(has_freq)) record.freq = in.get<std::uint8_t>();
    record.key = in.text(name_length);
    const auto interest = sink.look(db, record.key);
    if (interest.look == Look::name) continue;
    record.db = db, record.ticket = interest.ticket;
    record.type = static_cast<KeyType>(head.kind >> 4U),
    record.encoding = static_cast<Encoding>(head.kind & 15U);
    if (has(has_bytes)) record.bytes = Bytes{bytes};
    sink.take(record);
    ++asked;
  }
  scan.keys += records_, scan.asked += asked;
}

}  // namespace headroom::source
