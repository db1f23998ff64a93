#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "model/key_record.h"

/// What a snapshot (an RDB file, a replication stream) tells of a key and its value, piece by piece. Nothing
/// here owns bytes: every view is gone when the call that brought it returns.
namespace headroom {

/// How a value lies in memory, as the type byte of the file tells it.
enum class Layout : std::uint8_t {
  unknown,
  integer,      ///< a string that is a 64-bit integer
  text,         ///< any other string
  listpack,     ///< hash, set, zset or list in one blob
  ziplist,      ///< the same before Redis 7
  zipmap,       ///< a hash before Redis 2.6; a listpack once loaded
  intset,       ///< a set of integers in one blob
  quicklist,    ///< a list of blobs, and of single large elements
  table,        ///< a hash or set as a hash table
  skiplist,     ///< a zset as a hash table and a skip list
  linked_list,  ///< a list written element by element (Redis 2); a quicklist once loaded
  stream,
  module_value,
};

/// A key of a snapshot, before its value is read.
struct StoredKey {
  std::string_view key{};
  std::uint32_t db = 0;
  KeyType type = KeyType::unknown;
  Layout layout = Layout::unknown;
  std::uint8_t rdb_type = 0;  ///< the type byte itself
  bool expires = false;
  std::chrono::milliseconds expires_at{};      ///< since the epoch; meaningful when `expires`
  std::optional<std::chrono::seconds> idle{};  ///< only files of a server with an LRU policy carry it
  std::optional<std::uint8_t> freq{};          ///< only those of one with an LFU policy
  std::uint64_t offset = 0;                    ///< in the file, of the first byte that belongs to the key
};

/// A string that the server keeps in an allocation of its own: a member, a field, a value, a list element. Of
/// a hash, field and value take turns.
struct Part {
  std::uint64_t length = 0;
  std::uint64_t packed =
      0;  ///< bytes that it would take in a listpack, its own header and back length included
};

/// One piece of a stream, in the order of the file.
struct StreamPiece {
  enum class Kind : std::uint8_t {
    node,              ///< `id` is the 16-byte big-endian key of the radix tree, `length` of its listpack
    group,             ///< `name`
    pending,           ///< of the group before: `id` is 16 raw bytes
    consumer,          ///< of the group before: `name`
    consumer_pending,  ///< of the consumer before: `id`
  };
  Kind kind = Kind::node;
  std::string_view id{};
  std::string_view name{};
  std::uint64_t length = 0;
  std::uint64_t deliveries = 0;  ///< of `pending`
  std::chrono::milliseconds
      time{};  ///< of `pending`: its last delivery; of `consumer`: when it was seen; since the epoch
};

/// What is known of a value when it has been read or skipped.
struct ValueSize {
  std::uint64_t elements = 0;  ///< items, members, fields, entries; 1 for a string
  std::uint64_t length = 0;    ///< of a string: its bytes; of a value in one blob: the blob's, not compressed
  std::optional<std::int64_t> number{};  ///< of Layout::integer
  std::uint64_t field_ttls = 0;          ///< fields of a hash that have a TTL of their own
  bool one_blob = false;                 ///< of a quicklist: it is a single packed node
  std::uint64_t packed_scores = 0;       ///< of a skip list: bytes that its scores would take in a listpack
  std::uint64_t skipped = 0;  ///< bytes of the file that were passed over without being understood (modules)
};

/// Says what a value costs in memory, from its pieces. Of the memory room; told by the source room.
/// For each key: any number of parts(), blobs() and piece(), as its layout has them, then one finish().
class ValueMeter {
 public:
  virtual ~ValueMeter() = default;
  /// Strings of a table, skip list or linked list, in batches; the members of a zset without their scores.
  virtual void parts(const StoredKey& key, std::span<const Part> parts) = 0;
  /// Bytes of the nodes of a quicklist, in order. A node may be one large element that stands alone: `plain`.
  virtual void node(const StoredKey& key, std::uint64_t length, bool plain) = 0;
  virtual void piece(const StreamPiece& piece) = 0;
  /// The bytes of the whole key: its name, entry, TTL entry, object and value, without the slots of the
  /// tables that find keys.
  virtual Bytes finish(const StoredKey& key, const ValueSize& size) = 0;
};

/// How much of a value a listener wants.
enum class Reading : std::uint8_t {
  nothing,  ///< no call at all
  size,     ///< ends() alone
  names,    ///< fields of a hash without their values; the same as `elements` for every other type
  elements,
  stored,  ///< of a string: as it lies in the file. For who passes it on; nothing that a listener answers
};

/// A string as it lies in a file.
struct StoredString {
  std::string_view bytes{};
  bool packed = false;       ///< by LZF
  std::uint64_t length = 0;  ///< unpacked
  std::uint64_t offset = 0;  ///< of `bytes` in the file
};

/// A string: `name` is the value itself. List: an item. Set: a member. Zset: member and score. Hash: field
/// and value. Stream: `name` is the id as text ("1795000000000-0"), `value` is empty.
struct Element {
  std::string_view name{};
  std::string_view value{};
  double score = 0;
  std::chrono::milliseconds expires_at{};  ///< of a field with a TTL of its own: since the epoch; 0: none
};

/// Reads the values it wants while a snapshot passes by.
class ValueListener {
 public:
  virtual ~ValueListener() = default;
  /// Called for every key, 10 million times a second: decide by type and name.
  virtual Reading wants(const StoredKey& key) = 0;
  /// False: enough of this value has been seen.
  virtual bool element(const Element& element) = 0;
  /// Several fields of a hash of which only `names` are read, in place of as many element(): a call for each
  /// of 10 million names is what a listener in a hurry would rather do without.
  virtual bool names(std::span<const std::string_view> names) {
    for (const auto name : names)
      if (!element({name})) return false;
    return true;
  }
  virtual void ends(const StoredKey& key, const ValueSize& size, Bytes bytes) = 0;

  /// Asked right behind wants() of a string, where that was not answered with `nothing`: whether later() is
  /// to have it. For values that take long to look at.
  virtual bool wants_later() const { return false; }
  /// Called from another thread, for the keys for which wants_later() said so, in their order. Of `key` the
  /// name, database and type are told, and whether it expires.
  virtual void later(const StoredKey& key, std::string_view value, Bytes bytes) {
    (void)key, (void)value, (void)bytes;
  }
};

}  // namespace headroom
