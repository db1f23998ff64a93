#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "memory/server_model.h"
#include "memory/stream_value.h"
#include "memory/table_value.h"
#include "model/stored_value.h"

namespace headroom::memory {

/// What keys really cost: the bytes that the allocator gives, by the formulas of memory-model.md A.2, from
/// what a snapshot tells of them. Beside the keys there are the tables that find them: key_tables.h. Which
/// versions were checked by measurement and which were only read: VersionLayout in server_model.h.
///
/// One thread; no allocation per key or element (its buffers grow to the longest name in a stream and stay).
/// Lengths are not trusted: sums stop at most_bytes (size_class.h).
///
/// Old layouts (blobs of ziplists, zipmaps, lists element by element) are what a server from 7.0 makes of
/// them when it loads them: listpacks and quicklists; under a server before 7.0 a ziplist stays what it is.
///
/// What no snapshot shows: room that APPEND and SETRANGE left at the end of strings (up to the string's own
/// length), tables that shrank or grew in another way than one element after the other, quicklists that are
/// compressed inside.
class KeyModel final : public ValueMeter {
 public:
  explicit KeyModel(const ServerModel& server);
  KeyModel(const KeyModel&) = delete;  // its parts point into it
  KeyModel& operator=(const KeyModel&) = delete;

  void parts(const StoredKey& key, std::span<const Part> parts) override;
  void node(const StoredKey& key, std::uint64_t length, bool plain) override;
  void piece(const StreamPiece& piece) override;
  Bytes finish(const StoredKey& key, const ValueSize& size) override;
  const ServerModel& server() const { return server_; }

  // What the same key would cost otherwise, for repack.h.
  /// Of the hash table or skip list whose parts came; until finish().
  TableShape shape(const StoredKey& key) const { return table_.shape(key.type); }
  /// The key with its value as an intset, or as a listpack.
  Bytes as_intset(const StoredKey& key, const TableShape& shape) const;
  Bytes as_listpack(const StoredKey& key, const ValueSize& size, const TableShape& shape) const;
  /// A node of a quicklist with a blob of so many bytes.
  Bytes list_node(std::uint64_t length) const;
  /// Whether sets of short members are listpacks under this version.
  bool has_small_sets() const { return layout_.small_sets; }

 private:
  std::uint64_t key_apart(const StoredKey& key) const;
  std::uint64_t key_object(const StoredKey& key) const;
  std::uint64_t key_and_object(const StoredKey& key) const;
  std::uint64_t string(const StoredKey& key, const ValueSize& size) const;
  std::uint64_t string_in_object(const StoredKey& key, const ValueSize& size) const;
  std::uint64_t value(const StoredKey& key, const ValueSize& size);
  std::uint64_t blob(const StoredKey& key, const ValueSize& size) const;
  void add_list_items(std::span<const Part> parts);
  void close_list_node();
  std::uint64_t list();

  ServerModel server_;
  VersionLayout layout_;
  Sizes sizes_;
  TableValue table_;
  StreamValue stream_;
  std::uint64_t nodes_ = 0;  // of a list
  std::uint64_t node_bytes_ = 0;
  std::uint64_t blobs_bytes_ = 0;  // their blobs without the nodes
  std::uint64_t open_node_ = 0;    // the blob that elements of a linked list are put into
  bool plain_node_ = false;
};

}  // namespace headroom::memory
