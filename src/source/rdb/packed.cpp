#include "source/rdb/packed.h"

#include <algorithm>
#include <charconv>

#include "base/little_endian.h"
#include "source/rdb/number_text.h"

namespace headroom::source::rdb {

std::string_view PackedItem::text() {
  if (!is_number) return bytes;
  const auto written = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
  return {digits_.data(), written.ptr};
}

std::optional<double> PackedItem::score() const {
  return is_number ? static_cast<double>(number) : score_of_text(bytes);
}

PackedReader::PackedReader(Packing packing, std::string_view bytes, std::uint64_t whole)
    : packing_(packing), bytes_(bytes), whole_(std::max<std::uint64_t>(whole, bytes.size())) {
  switch (packing_) {
    case Packing::listpack:
      begin_listpack();
      break;
    case Packing::ziplist:
      begin_ziplist();
      break;
    case Packing::intset:
      begin_intset();
      break;
    case Packing::zipmap:
      begin_zipmap();
      break;
  }
}

PackedReader::Step PackedReader::next(PackedItem& item) {
  if (stopped_) return *stopped_;
  switch (packing_) {
    case Packing::listpack:
      return next_listpack(item);
    case Packing::ziplist:
      return next_ziplist(item);
    case Packing::intset:
      return next_intset(item);
    case Packing::zipmap:
      return next_zipmap(item);
  }
  return Step::damaged;
}

bool PackedReader::have(std::uint64_t count) {
  if (count <= bytes_.size() - at_) return true;
  if (count > whole_ - at_) {
    damage("it goes on behind the end");
  } else {
    stopped_ = Step::cut;
  }
  return false;
}

PackedReader::Step PackedReader::give_text(PackedItem& item, unsigned header, std::uint64_t length) {
  if (!have(header + length)) return *stopped_;
  item.is_number = false;
  item.bytes = bytes_.substr(at_ + header, length);
  at_ += header + length;
  ++items_;
  return Step::item;
}

PackedReader::Step PackedReader::give_number(PackedItem& item, unsigned header, std::int64_t number) {
  item.is_number = true;
  item.number = number;
  at_ += header;
  ++items_;
  return Step::item;
}

PackedReader::Step PackedReader::give_integer(PackedItem& item, unsigned header, unsigned width) {
  if (!have(header + width)) return *stopped_;
  const char* const at = bytes_.data() + at_ + header;
  std::int64_t number = 0;
  switch (width) {
    case 1:
      number = static_cast<std::int8_t>(*at);
      break;
    case 2:
      number = static_cast<std::int16_t>(little_endian<std::uint16_t>(at));
      break;
    case 3:  // the third byte carries the sign
      number = static_cast<std::int8_t>(at[2]) * std::int64_t{65536} + little_endian<std::uint16_t>(at);
      break;
    case 4:
      number = static_cast<std::int32_t>(little_endian<std::uint32_t>(at));
      break;
    default:
      number = static_cast<std::int64_t>(little_endian<std::uint64_t>(at));
      break;
  }
  return give_number(item, header + width, number);
}

PackedReader::Step PackedReader::end_at_mark() {
  if (at_ + 1 != whole_) return damage("its end mark is not at its end");
  if (announced_ && *announced_ != items_) return damage("its header announces another count");
  at_ = whole_;
  return *(stopped_ = Step::end);
}

PackedReader::Step PackedReader::damage(std::string_view why, std::uint64_t offset) {
  at_ = offset;
  why_ = why;
  return *(stopped_ = Step::damaged);
}

PackedCheck check_packed(Packing packing, std::string_view blob) {
  PackedReader reader(packing, blob);
  PackedItem item;
  PackedReader::Step step;
  do step = reader.next(item);
  while (step == PackedReader::Step::item);
  return {step == PackedReader::Step::end, reader.items(), reader.offset(), reader.why()};
}

}  // namespace headroom::source::rdb
