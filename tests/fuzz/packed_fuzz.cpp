// Any bytes, whole or only their front: a walk stays inside, ends, and says of a front what it says of the
// whole. Input: one byte that says what the bytes are (a packing, or packed by LZF), one where to cut, then
// the bytes.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/rdb/lzf.h"
#include "source/rdb/packed.h"

namespace headroom::source::rdb {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Rooms of exactly the size needed: the sanitizer sees one byte too many.
struct Room {
  explicit Room(std::size_t bytes) : size(bytes), start(new char[bytes]) {}
  explicit Room(std::string_view bytes) : Room(bytes.size()) { bytes.copy(start.get(), size); }
  std::span<char> span() { return {start.get(), size}; }
  std::string_view view() const { return {start.get(), size}; }
  std::size_t size;
  std::unique_ptr<char[]> start;
};

std::vector<std::string> walk(Packing packing, std::string_view front, std::size_t whole,
                              PackedReader::Step& end) {
  const Room room(front);
  PackedReader reader(packing, room.view(), whole);
  std::vector<std::string> texts;
  PackedItem item;
  while ((end = reader.next(item)) == PackedReader::Step::item) {
    texts.emplace_back(item.text());
    require(texts.size() <= front.size());
  }
  require(reader.next(item) == end && reader.offset() <= front.size() && reader.items() == texts.size());
  require((end == PackedReader::Step::damaged) == !reader.why().empty());
  return texts;
}

void walk_whole_and_front(Packing packing, std::string_view bytes, std::size_t cut) {
  PackedReader::Step whole_end{}, front_end{};
  const auto whole = walk(packing, bytes, bytes.size(), whole_end);
  const auto front = walk(packing, bytes.substr(0, cut), bytes.size(), front_end);
  require(whole_end != PackedReader::Step::cut);
  require(front.size() <= whole.size() && std::equal(front.begin(), front.end(), whole.begin()));
  if (cut < bytes.size()) require(front_end != PackedReader::Step::end);
  if (front_end == PackedReader::Step::damaged) require(whole_end == PackedReader::Step::damaged);
}

void expand_whole_and_front(std::string_view packed, std::size_t length) {
  const Room in(packed);
  Room out(length), front(length), longer(length + 64);
  const bool fits = lzf_expand(in.view(), out.span());
  const std::size_t there = lzf_expand_front(in.view(), front.span());
  require(there <= length && lzf_expand_front(in.view(), longer.span()) >= there);
  require(std::memcmp(front.start.get(), longer.start.get(), there) == 0);
  if (fits) require(there == length && out.view() == front.view());
}

}  // namespace
}  // namespace headroom::source::rdb

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using headroom::source::rdb::Packing;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (data[0] % 5 == 4) {
    headroom::source::rdb::expand_whole_and_front(bytes, data[0] / 5 * std::size_t{256} + data[1]);
  } else {
    const std::size_t cut = std::min<std::size_t>(data[1], bytes.size());
    headroom::source::rdb::walk_whole_and_front(static_cast<Packing>(data[0] % 5), bytes, cut);
  }
  return 0;
}
