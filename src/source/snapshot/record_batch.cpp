#include "source/snapshot/record_batch.h"

#include <cstring>

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace packing;

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
