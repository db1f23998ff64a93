#include <algorithm>

#include "source/rdb/value_decoder.h"

// Values that lie in one blob.
namespace headroom::source::rdb {
namespace {

using Step = PackedReader::Step;

// The first field of a job hash is seen without unpacking the rest of it.
constexpr std::size_t glance = 192;
// A header of any of the formats fits, and a string that holds it needs no allocation.
constexpr std::size_t longest_header = 10;

}  // namespace

void ValueDecoder::read_packed(Packing packing, std::uint64_t per_element) {
  const auto at = in_.offset();
  const auto head = read_string_head(in_);
  size_.length = head.length;
  const auto items = count_items(packing, head);
  size_.elements = items / per_element;
  if (items % per_element != 0) in_.fail("a value in one blob has a field without a value", at);
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

/// Fields, values and TTLs take turns; a TTL of 0 is none. Few and small enough to be looked through.
void ValueDecoder::read_packed_with_ttls() {
  const auto at = in_.offset();
  const auto head = read_string_head(in_);
  size_.length = head.length;
  const auto blob = read_body(in_, head, blob_);
  if (in_.failed()) return;
  PackedReader reader(Packing::listpack, blob);
  Step step = Step::end;
  for (PackedItem item; (step = reader.next(item)) == Step::item;)
    if (reader.items() % 3 == 0 && !(item.is_number && item.number == 0)) ++size_.field_ttls;
  size_.elements = reader.items() / 3;
  told_items_ = 0;
  if (step == Step::damaged || reader.items() % 3 != 0) return in_.fail("a value in one blob is damaged", at);
  if (telling_) tell_packed({Packing::listpack, blob});
}

/// One listpack: the number of the template, then the values.
void ValueDecoder::read_packed_templated() {
  const auto at = in_.offset();
  const auto head = read_string_head(in_);
  size_.length = head.length;
  size_.elements = count_items(Packing::listpack, head);
  if (size_.elements == 0) return in_.fail("a hash of a template does not name it", at);
  --size_.elements;
  if (in_.failed()) return;
  if (!telling_) return in_.skip(head.stored);
  const auto blob = read_body(in_, head, blob_);
  if (!in_.failed() && !tell_templated({Packing::listpack, blob}))
    in_.fail("a value in one blob is damaged, or its template is not defined", at);
}

bool ValueDecoder::tell_templated(PackedReader reader) {
  PackedItem item;
  if (reader.next(item) != Step::item || !item.is_number || item.number < 0) return false;
  const auto* shared = templates_.find(static_cast<std::uint64_t>(item.number));
  if (shared == nullptr || shared->fields != size_.elements) return false;
  for (const auto& name : shared->names) {
    if (!telling_) return true;
    if (reader.next(item) != Step::item) return false;
    tell({name, item.text()});
  }
  return true;
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
    std::chrono::milliseconds deadline{};
    if (const auto step = reader.next(field); step != Step::item) return step;
    if (const auto step = reader.next(value); step != Step::item)
      return step == Step::cut ? step : Step::damaged;
    if (per_element == 3) {
      if (const auto step = reader.next(ttl); step != Step::item)
        return step == Step::cut ? step : Step::damaged;
      if (ttl.is_number) deadline = std::chrono::milliseconds(ttl.number);
    }
    told_items_ = reader.items();
    tell({field.text(), reading_ == Reading::names ? std::string_view() : value.text(), 0, deadline});
  }
  return Step::end;
}

}  // namespace headroom::source::rdb
