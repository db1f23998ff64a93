#include <algorithm>

#include "source/rdb/value_decoder.h"

// Values that lie in one blob.
namespace headroom::source::rdb {
namespace {

using Step = PackedReader::Step;

// The first field of a job hash is seen without unpacking the rest of it.
constexpr std::size_t glance = 96;
// A header of any of the formats fits.
constexpr std::size_t longest_header = 16;

}  // namespace

void ValueDecoder::read_packed(Packing packing, std::uint64_t per_element) {
  const auto at = in_.offset();
  const auto head = read_string_head(in_);
  size_.length = head.length;
  size_.elements = count_items(packing, head) / per_element;
  if (per_element == 3) size_.field_ttls = size_.elements;
  if (in_.failed()) return;
  if (!telling_) return in_.skip(head.stored);
  told_items_ = 0;
  if (reading_ == Reading::names && key_.type == KeyType::hash) {
    tell_packed({packing, peek_beginning(in_, head, glance, blob_), head.length});
    if (!telling_) return in_.skip(head.stored);
  }
  const auto blob = read_body(in_, head, blob_);
  if (in_.failed()) return;
  if (tell_packed({packing, blob}) == Step::damaged) in_.fail("a value in one blob is damaged", at);
}

/// The items that the blob's header announces; those of a blob with more than it can say are counted one by
/// one.
std::uint64_t ValueDecoder::count_items(Packing packing, const StringHead& head) {
  std::string unpacked;
  const auto front = peek_beginning(in_, head, longest_header, unpacked);
  if (in_.failed()) return 0;
  if (const auto announced = PackedReader(packing, front, head.length).announced()) return *announced;
  const auto whole = static_cast<std::size_t>(head.length);
  PackedReader reader(packing, peek_beginning(in_, head, whole, unpacked));
  for (PackedItem item; reader.next(item) == Step::item;) {
  }
  return reader.items();
}

/// Tells what the blob holds, behind what was told of it already.
Step ValueDecoder::tell_packed(PackedReader reader) {
  PackedItem passed;
  while (reader.items() < told_items_)
    if (const auto step = reader.next(passed); step != Step::item) return step;
  if (key_.type == KeyType::hash)
    return tell_fields(reader, key_.rdb_type == 23 || key_.rdb_type == 25 ? 3 : 2);
  return key_.type == KeyType::zset ? tell_scored(reader) : tell_members(reader);
}

Step ValueDecoder::tell_members(PackedReader& reader) {
  PackedItem item;
  while (telling_) {
    if (const auto step = reader.next(item); step != Step::item) return step;
    tell({item.text()});
  }
  return Step::end;
}

Step ValueDecoder::tell_scored(PackedReader& reader) {
  PackedItem member, score;
  while (telling_) {
    if (const auto step = reader.next(member); step != Step::item) return step;
    if (reader.next(score) != Step::item) return Step::damaged;
    const auto number = score.score();
    if (!number) return Step::damaged;
    tell({member.text(), {}, *number});
  }
  return Step::end;
}

Step ValueDecoder::tell_fields(PackedReader& reader, std::uint64_t per_element) {
  PackedItem field, value, ttl;
  while (telling_) {
    if (const auto step = reader.next(field); step != Step::item) return step;
    if (const auto step = reader.next(value); step != Step::item)
      return step == Step::cut ? step : Step::damaged;
    for (std::uint64_t i = 2; i < per_element; ++i)
      if (const auto step = reader.next(ttl); step != Step::item)
        return step == Step::cut ? step : Step::damaged;
    told_items_ = reader.items();
    tell({field.text(), value.text()});
  }
  return Step::end;
}

}  // namespace headroom::source::rdb
