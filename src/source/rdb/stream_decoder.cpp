#include "source/rdb/stream_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headroom::source::rdb {
namespace {

// The type bytes of streams, in the order in which their layouts grew.
constexpr std::uint8_t with_first_id = 19, with_active_time = 21, with_idempotence = 26, with_nacks = 27;
constexpr std::size_t id_bytes = 16;
constexpr std::uint64_t same_fields = 2, deleted = 1;  // flags of an entry

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<std::uint8_t>(c);
  return number;
}

/// Takes the items of a node one by one; any missing or misplaced one spoils the whole.
class NodeItems {
 public:
  explicit NodeItems(std::string_view listpack) : reader_(Packing::listpack, listpack) {}
  std::int64_t number() {
    take();
    sound_ &= item_.is_number;
    return sound_ ? item_.number : 0;
  }
  std::uint64_t count() {
    const auto value = number();
    sound_ &= value >= 0;
    return sound_ ? static_cast<std::uint64_t>(value) : 0;
  }
  void text(std::string& out) {
    take();
    if (sound_) out.assign(item_.text());
  }
  bool sound() const { return sound_; }
  /// Nothing is left, and the whole listpack is sound.
  bool ended() { return sound_ && reader_.next(item_) == PackedReader::Step::end; }

 private:
  void take() { sound_ = sound_ && reader_.next(item_) == PackedReader::Step::item; }
  PackedReader reader_;
  PackedItem item_{};
  bool sound_ = true;
};

/// Grows by what is there, not by what is declared.
void take_texts(NodeItems& items, std::uint64_t count, std::vector<std::string>& out) {
  std::size_t taken = 0;
  for (; taken < count && items.sound(); ++taken) {
    if (taken == out.size()) out.emplace_back();
    items.text(out[taken]);
  }
  out.resize(taken);
}

}  // namespace

void StreamDecoder::read() {
  read_nodes();
  read_counters();
  const auto groups = read_count(in_);
  for (std::uint64_t i = 0; i < groups && !in_.failed(); ++i) read_group();
  if (value_.key_.rdb_type >= with_idempotence) read_idempotence();
}

void StreamDecoder::read_nodes() {
  const auto nodes = read_count(in_);
  for (std::uint64_t i = 0; i < nodes && !in_.failed(); ++i) read_node();
}

void StreamDecoder::read_node() {
  const auto at = in_.offset();
  rdb::read_string(in_, value_.first_);
  if (!in_.failed() && value_.first_.size() != 16) in_.fail("a stream node has no id of 16 bytes", at);
  const auto head = read_string_head(in_);
  if (in_.failed()) return;
  events_.piece({StreamPiece::Kind::node, value_.first_, {}, head.length});
  value_.size_.length += head.length;
  if (!value_.telling_) return in_.skip(head.stored);
  const auto listpack = read_body(in_, head, value_.blob_);
  if (!in_.failed() && !tell_entries(value_.first_, listpack)) in_.fail("a stream node is damaged", at);
}

/// A node begins with the fields that its first entry had; entries that have the same ones give their values
/// alone.
bool StreamDecoder::tell_entries(std::string_view id, std::string_view listpack) {
  const auto first_ms = big_endian(id.substr(0, 8)), first_seq = big_endian(id.substr(8));
  NodeItems items(listpack);
  const auto left = items.count() + items.count();  // live ones and deleted ones
  const auto names = items.count();
  take_texts(items, names, names_);
  items.number();
  for (std::uint64_t entry = 0; entry < left && items.sound(); ++entry) {
    const auto flags = items.count();
    const auto ms = first_ms + static_cast<std::uint64_t>(items.number());
    const auto seq = first_seq + static_cast<std::uint64_t>(items.number());
    const bool own_fields = (flags & same_fields) == 0;
    const auto fields = own_fields ? items.count() : names;
    if (fields > listpack.size()) return false;
    take_texts(items, own_fields ? 2 * fields : fields, texts_);
    items.number();  // how many items back the entry began
    if (!items.sound()) return false;
    if ((flags & deleted) != 0 || !value_.telling_) continue;
    fields_.clear();
    for (std::size_t i = 0; i < fields; ++i) {
      fields_.push_back(own_fields ? texts_[2 * i] : names_[i]);
      fields_.push_back(own_fields ? texts_[2 * i + 1] : texts_[i]);
    }
    const auto name = fmt::format("{}-{}", ms, seq);
    events_.entry(name, fields_);
    value_.tell({name});
  }
  return items.ended();
}

void StreamDecoder::read_counters() {
  StreamState state;
  state.entries = value_.size_.elements = read_count(in_);
  state.last_ms = read_count(in_);
  state.last_seq = read_count(in_);
  if (value_.key_.rdb_type >= with_first_id)
    for (int i = 0; i < 5; ++i) read_count(in_);  // first id, greatest deleted id, entries ever added
  if (!in_.failed()) events_.stream(state);
}

void StreamDecoder::read_group() {
  rdb::read_string(in_, value_.first_);
  StreamGroup group{value_.first_};
  group.last_ms = read_count(in_);
  group.last_seq = read_count(in_);
  if (value_.key_.rdb_type >= with_first_id) group.entries_read = read_count(in_);
  if (in_.failed()) return;
  events_.group(group);
  events_.piece({StreamPiece::Kind::group, {}, value_.first_, 0});
  read_pending(StreamPiece::Kind::pending, true);
  const auto consumers = read_count(in_);
  for (std::uint64_t i = 0; i < consumers && !in_.failed(); ++i) read_consumer();
  // Entries that were given back and belong to no consumer: their records were counted among the pending
  // ones.
  if (value_.key_.rdb_type >= with_nacks) {
    const auto nacks = read_count(in_);
    for (std::uint64_t i = 0; i < nacks && !in_.failed(); ++i) in_.skip(16);
  }
}

std::chrono::milliseconds StreamDecoder::read_time() {
  return std::chrono::milliseconds(in_.little<std::int64_t>());
}

void StreamDecoder::read_pending(StreamPiece::Kind kind, bool with_times) {
  const auto entries = read_count(in_);
  for (std::uint64_t i = 0; i < entries && !in_.failed(); ++i) {
    std::array<char, id_bytes> id{};
    const auto read = in_.take(id_bytes);
    std::copy(read.begin(), read.end(), id.begin());
    StreamPiece piece{kind, {id.data(), id.size()}};
    if (with_times) piece.time = read_time(), piece.deliveries = read_count(in_);
    if (!in_.failed()) events_.piece(piece);
  }
}

void StreamDecoder::read_consumer() {
  rdb::read_string(in_, value_.first_);
  StreamPiece consumer{StreamPiece::Kind::consumer, {}, value_.first_};
  consumer.time = read_time();
  if (value_.key_.rdb_type >= with_active_time) in_.skip(8);
  if (in_.failed()) return;
  events_.piece(consumer);
  read_pending(StreamPiece::Kind::consumer_pending, false);
}

/// Redis 8.6: what each producer sent lately, so that it is not added twice.
void StreamDecoder::read_idempotence() {
  read_count(in_);  // for how long
  read_count(in_);  // how many
  const auto producers = read_count(in_);
  for (std::uint64_t i = 0; i < producers && !in_.failed(); ++i) {
    in_.skip(read_string_head(in_).stored);
    const auto sent = read_count(in_);
    for (std::uint64_t j = 0; j < sent && !in_.failed(); ++j) {
      in_.skip(read_string_head(in_).stored);
      read_count(in_);
      read_count(in_);
    }
  }
  read_count(in_);
  read_count(in_);
}

}  // namespace headroom::source::rdb
