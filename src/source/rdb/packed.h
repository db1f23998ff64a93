#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// The formats in which Redis packs a small value into one blob, read item by item: without allocation,
/// without reading outside the blob, in time bounded by its length, whatever the bytes are. Sources: the
/// comments at the head of src/listpack.c, src/ziplist.c, src/intset.c and src/zipmap.c of Redis 7.0.
namespace headroom::source::rdb {

enum class Packing : std::uint8_t {
  listpack,
  ziplist,
  intset,
  zipmap,  ///< fields and values take turns
};

/// One item: bytes or a number. The reader fills it; the caller owns it.
class PackedItem {
 public:
  bool is_number = false;
  std::int64_t number = 0;   ///< when `is_number`
  std::string_view bytes{};  ///< otherwise: a view into the blob

  /// The item as a client would see it. A number is written into the item itself: the view holds until the
  /// item is filled again or gone.
  std::string_view text();
  /// The item as the score of a zset.
  std::optional<double> score() const;

 private:
  std::array<char, 24> digits_{};
};

/// Walks one blob from its beginning. Also reads the front of a blob, as far as its items are whole, so that
/// a first field can be looked at when only that much has been unpacked.
class PackedReader {
 public:
  enum class Step : std::uint8_t {
    item,     ///< `item` was filled
    end,      ///< all has been read, and headers, lengths and end mark agree
    cut,      ///< the bytes given end here, the blob does not
    damaged,  ///< offset() and why() tell
  };

  /// `bytes`, borrowed, is the front of a blob of `whole` bytes, or all of it.
  PackedReader(Packing packing, std::string_view bytes, std::uint64_t whole);
  PackedReader(Packing packing, std::string_view bytes) : PackedReader(packing, bytes, bytes.size()) {}

  /// Reads the next item. Any answer but `item` is final and repeats. What was read before `damaged` is as
  /// the blob has it, yet such a blob deserves no trust.
  Step next(PackedItem& item);

  /// Items that the header announces, in a zipmap both of each pair: a stranger's word, proved by `end` only.
  /// Empty when the header does not know (a listpack or ziplist of 65,535 or more, a zipmap of 254 pairs or
  /// more) or is not there whole.
  std::optional<std::uint64_t> announced() const { return announced_; }
  /// Items read so far.
  std::uint64_t items() const { return items_; }
  /// Bytes from the front of the blob to what will be read next, or to the damage.
  std::uint64_t offset() const { return at_; }
  /// The damage, for a person. Empty without one.
  std::string_view why() const { return why_; }

 private:
  void begin_listpack();
  void begin_ziplist();
  void begin_intset();
  void begin_zipmap();
  Step next_listpack(PackedItem& item);
  Step next_ziplist(PackedItem& item);
  Step next_intset(PackedItem& item);
  Step next_zipmap(PackedItem& item);
  bool pass_back_length();
  bool pass_previous_length();
  std::optional<std::uint64_t> zipmap_length();

  /// True when `count` more bytes are there. Otherwise the walk has ended: cut, or damaged.
  bool have(std::uint64_t count);
  unsigned byte(std::uint64_t ahead = 0) const { return static_cast<unsigned char>(bytes_[at_ + ahead]); }
  Step give_text(PackedItem& item, unsigned header, std::uint64_t length);
  Step give_integer(PackedItem& item, unsigned header, unsigned width);
  Step give_number(PackedItem& item, unsigned header, std::int64_t number);
  Step end_at_mark();
  Step damage(std::string_view why, std::uint64_t offset);
  Step damage(std::string_view why) { return damage(why, at_); }

  Packing packing_;
  std::string_view bytes_;
  std::uint64_t whole_;
  std::uint64_t at_ = 0;  ///< never beyond bytes_
  std::uint64_t items_ = 0;
  std::optional<std::uint64_t> announced_{};
  std::optional<Step> stopped_{};
  std::string_view why_{};

  std::uint64_t before_ = 0;  ///< listpack, ziplist: bytes of the item before; zipmap: free bytes behind it
  std::uint64_t tail_ = 0;    ///< ziplist: where the header says that the last item begins
  std::uint64_t last_ = 0;    ///< ziplist: where the last item read begins
  unsigned width_ = 0;        ///< intset: bytes of an item
  std::int64_t smaller_ = 0;  ///< intset: the item before
};

struct PackedCheck {
  bool sound = false;
  std::uint64_t items = 0;   ///< read before the end or the damage
  std::uint64_t offset = 0;  ///< of the damage
  std::string_view why{};    ///< empty when sound
};
/// Walks a whole blob and proves its structure: lengths, back lengths, counts, the order of an intset.
PackedCheck check_packed(Packing packing, std::string_view blob);

/// Bytes that the back length of an item takes in a listpack. Redis switches one length early except for the
/// first: 16383 would fit 2 bytes and takes 3.
constexpr unsigned bytes_of_back_length(std::uint64_t length) {
  if (length < 128) return 1;  // nearly always
  return length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5;
}

/// Bytes that an element takes in a listpack: its header, itself and its back length; a text that is a
/// canonical integer is stored as one. Source: lpEncodeGetType() and lpEncodeBacklen() in src/listpack.c of
/// Redis 7.0.
std::uint64_t listpack_bytes(std::int64_t element);
/// The same for `length` bytes that are known not to be an integer, as all beyond 20 bytes are.
constexpr std::uint64_t listpack_bytes_of_text(std::uint64_t length) {
  const std::uint64_t entry = length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  return entry + bytes_of_back_length(entry);
}
std::uint64_t listpack_bytes_of_number(std::string_view element);  ///< that begins and ends like one
inline std::uint64_t listpack_bytes(std::string_view element) {
  if (element.empty() || element.front() > '9' || element.back() < '0' || element.back() > '9')
    return listpack_bytes_of_text(element.size());
  return listpack_bytes_of_number(element);
}

}  // namespace headroom::source::rdb
