#include "memory/key_model.h"

#include <algorithm>

namespace headroom::memory {
namespace {

constexpr std::uint64_t object = 16;
constexpr std::uint64_t quicklist = 40;
constexpr std::uint64_t blob_of_a_list = 8192;  // list-max-listpack-size -2
constexpr std::uint64_t listpack_frame = 7;
constexpr std::uint64_t shared_numbers = 10'000;
constexpr std::uint64_t long_key = 128;          // KEY_SIZE_TO_INCLUDE_EXPIRE_THRESHOLD
constexpr std::uint64_t written_as_object = 44;  // keys up to here come with a header of 3 bytes from clients

}  // namespace

KeyModel::KeyModel(const ServerModel& server)
    : server_(server),
      layout_(version_layout(server.flavour, server.version)),
      sizes_(server.allocator, layout_.sds),
      table_(server_, layout_, sizes_),
      stream_(server_, layout_, sizes_) {}

void KeyModel::parts(const StoredKey& key, std::span<const Part> parts) {
  if (key.type == KeyType::list)
    add_list_items(parts);
  else
    table_.add(key.type, parts);
}

void KeyModel::piece(const StreamPiece& piece) { stream_.add(piece); }

/// Key, entry and deadline where the object is apart from them.
std::uint64_t KeyModel::key_apart(const StoredKey& key) const {
  const std::uint64_t length = key.key.size();
  const std::uint64_t deadline = key.expires ? sizes_.of(24) : 0;
  if (layout_.key == VersionLayout::Key::in_entry) {
    const bool written = server_.held == Held::live && length <= written_as_object;
    return sizes_.of(18 + (written ? 3 : sizes_.header(length)) + length) + deadline;
  }
  // Redis 7 in cluster mode links the keys of a slot: two pointers in the entry (db.c,
  // clusterDictEntryMetadata).
  const std::uint64_t links = server_.cluster && !layout_.main_table_doubles_when_full ? 16 : 0;
  return sizes_.of(layout_.key_entry + links) + sizes_.sds(length) + deadline;
}

/// The length of an object that has the key in it, without a value.
std::uint64_t KeyModel::key_object(const StoredKey& key) const {
  const std::uint64_t length = key.key.size();
  return object + (key.expires ? 8 : 0) + 1 + sizes_.header(length) + length + 1;
}

std::uint64_t KeyModel::key_and_object(const StoredKey& key) const {
  if (layout_.key != VersionLayout::Key::in_object) return key_apart(key) + sizes_.of(object);
  const bool room = layout_.deadline_kept_for_long_keys && key.key.size() >= long_key && !key.expires;
  return sizes_.of(key_object(key) + (room ? 8 : 0));
}

std::uint64_t KeyModel::string(const StoredKey& key, const ValueSize& size) const {
  if (layout_.key == VersionLayout::Key::in_object) return string_in_object(key, size);
  if (key.layout == Layout::integer) {
    const bool shared = server_.shared_integers && layout_.shares_integers && size.number &&
                        *size.number >= 0 && static_cast<std::uint64_t>(*size.number) < shared_numbers;
    return key_apart(key) + (shared ? 0 : sizes_.of(object));
  }
  if (size.length <= layout_.embedded_value_limit)
    return key_apart(key) + sizes_.of(object + 3 + size.length + 1);
  return key_apart(key) + sizes_.of(object) + sizes_.sds(size.length);
}

std::uint64_t KeyModel::string_in_object(const StoredKey& key, const ValueSize& size) const {
  if (key.layout == Layout::integer) return key_and_object(key);
  const auto length = std::min(size.length, longest_allocation);
  const auto together = key_object(key) + 3 + length + 1;
  // Redis takes a header of one byte for granted when it decides, Valkey reckons with the real one.
  const auto spared = server_.flavour == Flavour::redis ? sizes_.header(key.key.size()) - 1 : 0;
  if (together - spared <= layout_.embedded_value_limit) return sizes_.of(together);
  return key_and_object(key) + sizes_.sds(length);
}

/// One blob. A ziplist has 4 bytes more of header than a listpack; its entries are as long but for some
/// integers. A zipmap spends 3 bytes on a pair and 2 on itself, a listpack 4 and 7.
std::uint64_t KeyModel::blob(const StoredKey& key, const ValueSize& size) const {
  auto length = std::min(size.length, longest_allocation);
  if (key.layout == Layout::ziplist && layout_.listpacks) length -= std::min<std::uint64_t>(length, 4);
  if (key.layout == Layout::zipmap) length += 5 + std::min(size.elements, length);
  const std::uint64_t field_deadlines = size.field_ttls > 0 ? sizes_.of(32) : 0;
  return sizes_.of(length) + field_deadlines;
}

Bytes KeyModel::as_intset(const StoredKey& key, const TableShape& shape) const {
  return {key_and_object(key) + intset_bytes(shape, sizes_)};
}

/// Once a field has a deadline, every field has one behind its value: a number of 10 bytes, or a zero of 2;
/// and the blob has a header of its own (t_hash.c of Redis 7.4, listpackEx).
Bytes KeyModel::as_listpack(const StoredKey& key, const ValueSize& size, const TableShape& shape) const {
  auto besides = size.packed_scores;
  std::uint64_t header = 0;
  if (size.field_ttls > 0) {
    const auto deadlines = std::min(size.field_ttls, shape.elements);
    besides += 10 * deadlines + 2 * (shape.elements - deadlines);
    header = sizes_.of(32);
  }
  return {add_capped(key_and_object(key) + header, listpack_bytes(shape, besides, sizes_))};
}

Bytes KeyModel::list_node(std::uint64_t length) const {
  return {sizes_.of(std::min(length, longest_allocation)) + sizes_.of(layout_.quicklist_node)};
}

void KeyModel::node(const StoredKey& key, std::uint64_t length, bool plain) {
  auto blob = length;
  if (key.layout == Layout::ziplist && layout_.listpacks && !plain) blob -= std::min<std::uint64_t>(blob, 4);
  ++nodes_;
  plain_node_ |= plain;
  blobs_bytes_ = add_capped(blobs_bytes_, sizes_.of(blob));
  node_bytes_ = add_capped(node_bytes_, sizes_.of(layout_.quicklist_node));
}

/// Elements one by one fill blobs as the server does when it loads them.
void KeyModel::add_list_items(std::span<const Part> parts) {
  for (const auto& part : parts) {
    const auto packed = std::min(part.packed, longest_allocation);
    if (open_node_ > 0 && open_node_ + packed > blob_of_a_list) close_list_node();
    open_node_ = (open_node_ == 0 ? listpack_frame : open_node_) + packed;
  }
}

void KeyModel::close_list_node() {
  if (open_node_ == 0) return;
  node({}, open_node_, false);
  open_node_ = 0;
}

std::uint64_t KeyModel::list() {
  close_list_node();
  const bool one_blob = layout_.small_lists && nodes_ == 1 && !plain_node_;
  const auto bytes = one_blob ? blobs_bytes_ : add_capped(blobs_bytes_, node_bytes_) + sizes_.of(quicklist);
  nodes_ = node_bytes_ = blobs_bytes_ = 0;
  plain_node_ = false;
  return bytes;
}

std::uint64_t KeyModel::value(const StoredKey& key, const ValueSize& size) {
  switch (key.layout) {
    case Layout::listpack:
    case Layout::ziplist:
    case Layout::zipmap:
    case Layout::intset:
      if (key.type == KeyType::list && nodes_ == 0) node(key, size.length, false);
      return key.type == KeyType::list ? list() : blob(key, size);
    case Layout::quicklist:
    case Layout::linked_list:
      return list();
    case Layout::table:
    case Layout::skiplist:
      return table_.finish(key.type, size.field_ttls);
    case Layout::stream:
      return stream_.finish();
    case Layout::module_value:
      return sizes_.of(16) + sizes_.of(size.skipped);
    default:
      return 0;
  }
}

Bytes KeyModel::finish(const StoredKey& key, const ValueSize& size) {
  if (key.type == KeyType::string) [[likely]]
    return {string(key, size)};
  return {add_capped(key_and_object(key), value(key, size))};
}

}  // namespace headroom::memory
