#include "source/rdb/value_decoder.h"

#include <algorithm>

#include "source/rdb/number_text.h"
#include "source/rdb/stream_decoder.h"

namespace headroom::source::rdb {
namespace {

// Type bytes: rdb-and-speed.md section 5, src/rdb.h of Redis 8 and Valkey 9.
enum Type : std::uint8_t {
  string = 0,
  list = 1,
  set = 2,
  zset_ascii = 3,
  hash = 4,
  zset = 5,
  module_1 = 6,
  module_2 = 7,
  hash_zipmap = 9,
  list_ziplist = 10,
  set_intset = 11,
  zset_ziplist = 12,
  hash_ziplist = 13,
  quicklist = 14,
  stream_1 = 15,
  hash_listpack = 16,
  zset_listpack = 17,
  quicklist_2 = 18,
  stream_2 = 19,
  set_listpack = 20,
  stream_3 = 21,
  hash_ttls_early = 22,  // Valkey 9: a hash whose fields may have a TTL
  hash_listpack_ttls_early = 23,
  hash_ttls = 24,
  hash_listpack_ttls = 25,
  stream_4 = 26,
  stream_5 = 27,
  hash_listpack_template = 30,
  hash_array_template = 32,
};

struct TypeFacts {
  KeyType type = KeyType::unknown;
  Layout layout = Layout::unknown;
};

constexpr TypeFacts facts_of_type(std::uint8_t type) {
  switch (type) {
    case string:
      return {KeyType::string, Layout::text};
    case list:
      return {KeyType::list, Layout::linked_list};
    case list_ziplist:
      return {KeyType::list, Layout::ziplist};
    case quicklist:
    case quicklist_2:
      return {KeyType::list, Layout::quicklist};
    case set:
      return {KeyType::set, Layout::table};
    case set_intset:
      return {KeyType::set, Layout::intset};
    case set_listpack:
      return {KeyType::set, Layout::listpack};
    case zset_ascii:
    case zset:
      return {KeyType::zset, Layout::skiplist};
    case zset_ziplist:
      return {KeyType::zset, Layout::ziplist};
    case zset_listpack:
      return {KeyType::zset, Layout::listpack};
    case hash:
    case hash_ttls_early:
    case hash_ttls:
    case hash_array_template:  // named as a table: where its names are shared, that says too much
      return {KeyType::hash, Layout::table};
    case hash_zipmap:
      return {KeyType::hash, Layout::zipmap};
    case hash_ziplist:
      return {KeyType::hash, Layout::ziplist};
    case hash_listpack:
    case hash_listpack_ttls_early:
    case hash_listpack_ttls:
    case hash_listpack_template:
      return {KeyType::hash, Layout::listpack};
    case stream_1:
    case stream_2:
    case stream_3:
    case stream_4:
    case stream_5:
      return {KeyType::stream, Layout::stream};
    case module_1:
    case module_2:
      return {KeyType::module, Layout::module_value};
    default:
      return {};
  }
}

constexpr auto facts_by_type = [] {
  std::array<TypeFacts, 256> facts{};
  for (unsigned type = 0; type < 256; ++type) facts[type] = facts_of_type(static_cast<std::uint8_t>(type));
  return facts;
}();

/// Scores before version 8: one byte for the length of a text, or for a value that is no text.
double ascii_score(Cursor& in) {
  const auto at = in.offset();
  const auto length = in.byte();
  const auto score = old_score(length, length < 253 ? in.take(length) : std::string_view());
  if (!score) in.fail("a score is no number", at);
  return score.value_or(0);
}

/// Bytes of a score in a listpack: an integer where it is one, else text of up to 17 digits (zzlInsertAt in
/// src/t_zset.c, the integer encodings of src/listpack.c). Text is taken to have 18 characters: servers
/// before 7.2 print all 17 digits, later ones fewer.
std::uint64_t packed_score(double score) {
  constexpr double longest_whole = 4503599627370496;  // 2^52, as double2ll() in src/util.c has it
  if (!(score > -longest_whole && score < longest_whole)) return 20;
  const auto whole = static_cast<std::int64_t>(score);
  if (static_cast<double>(whole) != score) return 20;
  if (whole >= 0 && whole < 128) return 2;
  if (whole >= -4096 && whole < 4096) return 3;
  if (whole >= INT16_MIN && whole <= INT16_MAX) return 4;
  if (whole >= -(1 << 23) && whole < (1 << 23)) return 5;
  return whole >= INT32_MIN && whole <= INT32_MAX ? 6 : 10;
}

}  // namespace

bool ValueDecoder::begin() {
  reading_ = events_.key(key_);
  telling_ = reading_ == Reading::elements || reading_ == Reading::names;
  return telling_;
}

void ValueDecoder::flush() {
  if (part_count_ > 0) events_.parts(key_, {parts_.data(), part_count_});
  part_count_ = 0;
}

bool ValueDecoder::read(bool valkey) {
  const auto facts = facts_by_type[key_.rdb_type];
  key_.type = facts.type, key_.layout = facts.layout;
  size_ = {};
  if (facts.type == KeyType::string)
    read_string();
  else
    read_collection(valkey);
  flush();
  if (in_.failed()) return false;
  events_.ends(key_, size_);
  // A string that nobody wanted took no room.
  if (facts.type != KeyType::string || reading_ != Reading::nothing) give_back_room();
  return true;
}

bool ValueDecoder::knows(std::uint8_t type, bool valkey) {
  if (valkey && type > hash_ttls_early) return false;  // Valkey went other ways from there
  return facts_by_type[type].type != KeyType::unknown;
}

/// One huge value must not be paid for until the end.
void ValueDecoder::give_back_room() {
  constexpr std::size_t worth_keeping = std::size_t{4} << 20U;
  for (auto* room : {&first_, &second_, &blob_})
    if (room->capacity() > worth_keeping) *room = {};
}

void ValueDecoder::read_collection(bool valkey) {
  begin();
  switch (key_.rdb_type) {
    case list:
    case set:
      return read_members();
    case zset_ascii:
    case zset:
      return read_scored_members();
    case hash:
      return read_hash(HashForm::plain);
    case hash_ttls:
      return read_hash(HashForm::with_ttls);
    case hash_ttls_early:
      return read_hash(valkey ? HashForm::valkey : HashForm::with_absolute_ttls);
    case quicklist:
      return read_quicklist(false);
    case quicklist_2:
      return read_quicklist(true);
    case hash_zipmap:
      return read_packed(Packing::zipmap, 2);
    case list_ziplist:
      return read_packed(Packing::ziplist, 1);
    case zset_ziplist:
    case hash_ziplist:
      return read_packed(Packing::ziplist, 2);
    case set_intset:
      return read_packed(Packing::intset, 1);
    case set_listpack:
      return read_packed(Packing::listpack, 1);
    case hash_listpack:
    case zset_listpack:
      return read_packed(Packing::listpack, 2);
    case hash_listpack_ttls:
      in_.skip(8);  // the earliest of the TTLs
      return read_packed_with_ttls();
    case hash_listpack_ttls_early:
      return read_packed_with_ttls();
    case hash_listpack_template:
      return read_packed_templated();
    case hash_array_template:
      return read_templated();
    case module_1:
    case module_2:
      return read_module();
    default:
      return StreamDecoder(*this).read();
  }
}

void ValueDecoder::read_string() {
  const auto head = read_string_head(in_);
  size_.elements = 1, size_.length = head.length;
  if (head.kind == StringHead::Kind::number) {
    size_.number = head.number;
  } else if (head.length <= 20 && head.kind == StringHead::Kind::plain) {
    size_.number = canonical_integer(in_.peek(head.length));
  }
  if (size_.number) key_.layout = Layout::integer;
  if (in_.failed()) return;
  const bool tells = begin() || reading_ == Reading::stored;
  if (!tells || head.length > Cursor::longest_held) return in_.skip(head.stored);
  if (reading_ == Reading::stored) return pass_on(head);
  const auto text = read_body(in_, head, first_);
  if (!in_.failed()) tell({text});
}

void ValueDecoder::pass_on(const StringHead& head) {
  const auto at = in_.offset();
  const bool packed = head.kind == StringHead::Kind::compressed;
  const auto bytes = packed ? in_.take(head.stored) : read_body(in_, head, first_);
  if (!in_.failed()) events_.stored(key_, {bytes, packed, head.length, at});
}

/// Reads a string of a table to `out`.
Part ValueDecoder::take_text(std::string& out) {
  rdb::read_string(in_, out);
  return {out.size(), listpack_bytes(out)};
}

void ValueDecoder::read_members() {
  size_.elements = read_count(in_);
  for (std::uint64_t i = 0; i < size_.elements && !in_.failed(); ++i) {
    if (!telling_) {
      add(skip_part(in_));
      continue;
    }
    add(take_text(first_));
    if (!in_.failed()) tell({first_});
  }
}

void ValueDecoder::read_scored_members() {
  const bool ascii = key_.rdb_type == zset_ascii;
  size_.elements = read_count(in_);
  for (std::uint64_t i = 0; i < size_.elements && !in_.failed(); ++i) {
    const bool tells = telling_;
    add(tells ? take_text(first_) : skip_part(in_));
    const double score = ascii ? ascii_score(in_) : in_.little<double>();
    size_.packed_scores += packed_score(score);
    if (tells && !in_.failed()) tell({first_, {}, score});
  }
}

/// Up to 16 fields at once, of which only the names are wanted: as long as a name is short and lies here with
/// its value, which keeps the names where they are. Returns how many.
std::uint64_t ValueDecoder::read_names(std::uint64_t fields) {
  constexpr std::size_t longest = 0x3f;
  std::array<std::string_view, 16> names;
  std::size_t count = 0;
  for (; count < std::min<std::uint64_t>(fields, names.size()) && !in_.failed(); ++count) {
    const char* const at = in_.lying(1 + longest + longest_head);
    if (at == nullptr || static_cast<std::uint8_t>(*at) > longest) break;
    const std::string_view name(at + 1, static_cast<std::uint8_t>(*at));
    const auto value = stored_at(name.data() + name.size());
    if (value == 0 || in_.lying(1 + name.size() + value) == nullptr) break;
    names[count] = name;
    add({name.size(), listpack_bytes(name)});
    in_.skip(1 + name.size());
    add(skip_part(in_));
  }
  if (count > 0) telling_ = events_.names(key_, {names.data(), count});
  return count;
}

/// A field and its value. True when both are wanted, and not told yet.
bool ValueDecoder::read_field() {
  if (!telling_) {
    add(skip_part(in_));
    add(skip_part(in_));
    return false;
  }
  if (reading_ == Reading::names) {
    // Told before anything else is read, so that the name need not be copied.
    const auto name = read_body(in_, read_string_head(in_), first_);
    add({name.size(), listpack_bytes(name)});
    if (!in_.failed()) tell({name});
    add(skip_part(in_));
    return false;
  }
  add(take_text(first_));
  add(take_text(second_));
  return !in_.failed();
}

/// What stands before a field: how long behind `earliest` it expires, counted from 1; 0 is never.
std::chrono::milliseconds ValueDecoder::read_deadline(std::uint64_t earliest) {
  const auto behind = read_count(in_);
  if (behind == 0) return {};
  ++size_.field_ttls;
  return std::chrono::milliseconds(static_cast<std::int64_t>(earliest + behind - 1));
}

void ValueDecoder::read_hash(HashForm form) {
  const bool before = form == HashForm::with_ttls || form == HashForm::with_absolute_ttls;
  // What stands before the fields in its absolute form reads as counted from 1 too.
  const auto earliest = form == HashForm::with_ttls ? in_.little<std::uint64_t>() : 1;
  size_.elements = read_count(in_);
  for (std::uint64_t i = 0; i < size_.elements && !in_.failed(); ++i) {
    if (form == HashForm::plain && telling_ && reading_ == Reading::names)
      i += read_names(size_.elements - i);
    if (i == size_.elements || in_.failed()) break;
    std::chrono::milliseconds deadline{};
    if (before) deadline = read_deadline(earliest);
    const bool tells = read_field();
    if (form == HashForm::valkey) {
      const auto at = in_.little<std::int64_t>();
      if (at != -1) ++size_.field_ttls, deadline = std::chrono::milliseconds(at);
    }
    if (tells && !in_.failed()) tell({first_, second_, 0, deadline});
  }
}

void ValueDecoder::read_quicklist(bool with_containers) {
  const auto nodes = read_count(in_);
  for (std::uint64_t i = 0; i < nodes && !in_.failed(); ++i) {
    const auto at = in_.offset();
    const auto container = with_containers ? read_count(in_) : 2;
    if (container != 1 && container != 2) return in_.fail("a list node is neither plain nor packed", at);
    size_.one_blob = nodes == 1 && container == 2;
    read_node(container == 1);
  }
}

void ValueDecoder::read_node(bool plain) {
  const auto head = read_string_head(in_);
  const auto packing = key_.rdb_type == quicklist ? Packing::ziplist : Packing::listpack;
  events_.node(key_, head.length, plain);
  size_.length += head.length;
  size_.elements += plain ? 1 : count_items(packing, head);
  if (!telling_) return in_.skip(head.stored);
  const auto at = in_.offset();
  const auto blob = read_body(in_, head, blob_);
  if (in_.failed()) return;
  if (plain) return tell({blob});
  told_items_ = 0;
  if (tell_packed({packing, blob}) == PackedReader::Step::damaged) in_.fail("a list node is damaged", at);
}

/// The values of a hash whose field names stand in a template.
void ValueDecoder::read_templated() {
  const auto at = in_.offset();
  const auto* shared = templates_.find(read_count(in_));
  if (shared == nullptr) return in_.fail("a hash refers to a template that the file has not defined", at);
  size_.elements = shared->fields;
  for (std::uint64_t i = 0; i < size_.elements && !in_.failed(); ++i) {
    const std::string_view name = i < shared->names.size() ? shared->names[i] : std::string_view();
    const bool tells = telling_ && !shared->names.empty();
    add({name.size(), listpack_bytes(name)});
    add(tells ? take_text(second_) : skip_part(in_));
    if (tells && !in_.failed()) tell({name, second_});
  }
}

bool skip_module_data(Cursor& in) {
  while (!in.failed()) {
    const auto at = in.offset();
    switch (read_count(in)) {
      case 0:
        return !in.failed();
      case 1:
      case 2:
        read_count(in);
        break;
      case 3:
        in.skip(4);
        break;
      case 4:
        in.skip(8);
        break;
      case 5:
        in.skip(read_string_head(in).stored);
        break;
      default:
        in.fail("a module's value is damaged", at);
    }
  }
  return false;
}

void ValueDecoder::read_module() {
  const auto at = in_.offset();
  if (key_.rdb_type == module_1)
    return in_.fail("a module value of Redis 4 before its release: its length is not told", key_.offset);
  read_count(in_);  // the module's name and version
  skip_module_data(in_);
  size_.length = size_.skipped = in_.offset() - at;
  skipped_ += size_.skipped;
}

}  // namespace headroom::source::rdb
