#include "source/snapshot/record_batch.h"

#include <cstring>

#include "source/rdb/lzf.h"
#include "source/rdb/strings.h"

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace packing;

// One huge value must not be paid for until the end.
constexpr std::size_t worth_keeping = std::size_t{1} << 20U;

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

}  // namespace

void RecordBatch::add(const KeyRecord& record, const StoredString& value, bool stays) {
  const auto copied = stays ? 0 : value.bytes.size();
  packing::Writer out(begin(longest_head + record.key.size() + sizeof(StringAt) + copied));
  write(out, record, static_cast<std::uint8_t>(flags_of(record, db_) | has_value));
  out.put(StringAt{stays ? value.bytes.data() : nullptr, static_cast<std::uint32_t>(value.bytes.size()),
                   static_cast<std::uint32_t>(value.length), value.offset, value.packed});
  out.text(value.bytes.substr(0, copied));
  end(out, record);
}

void LaterValues::take(const StoredKey& key, const StoredString& value, Bytes bytes,
                       std::string_view before) {
  if (damaged_at_) return;
  auto text = value.bytes;
  if (value.packed) {
    if (!unpack(value)) {
      damaged_at_ = value.offset;
      before_ = before;
      return;
    }
    text = text_;
  }
  listener_->later(key, text, bytes);
  if (text_.capacity() > worth_keeping) text_ = {};
}

bool LaterValues::unpack(const StoredString& value) {
  if (!rdb::lzf_may_give(value.bytes, value.length)) return false;
  text_.resize(value.length);
  return rdb::lzf_expand(value.bytes, {text_.data(), text_.size()});
}

void RecordBatch::clear() {
  used_ = records_ = 0, db_ = 0;
  if (bytes_.capacity() > worth_keeping) std::vector<char>(usual).swap(bytes_);
}

void LaterValues::judge(rdb::Decoded& decoded) {
  if (!damaged_at_) return;
  decoded.complete = decoded.input_failed = false;
  decoded.checksum = rdb::Checksum::unread;
  decoded.fault = rdb::damaged_string, decoded.offset = *damaged_at_;
  decoded.last_key = std::move(before_);
}

void RecordBatch::give(RecordSink& sink, ScanOutcome& scan, LaterValues& values) const {
  Reader in(bytes_.data());
  std::uint32_t db = 0;
  std::uint64_t asked = 0;
  std::string_view before = values.last_key;
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
    if (has(has_value)) {
      const auto at = in.get<StringAt>();
      const std::string_view text =
          at.bytes == nullptr ? in.text(at.stored) : std::string_view(at.bytes, at.stored);
      StoredKey key;
      key.key = record.key, key.db = db, key.type = static_cast<KeyType>(head.kind >> 4U);
      key.expires = has(has_ttl);
      values.take(key, {text, at.packed, at.length, at.offset}, Bytes{bytes}, before);
    }
    before = record.key;
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
  if (records_ > 0) values.last_key = std::string(before);
}

}  // namespace headroom::source
