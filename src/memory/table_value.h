#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "memory/server_model.h"
#include "model/stored_value.h"

namespace headroom::memory {

/// What decides whether a table could be one blob instead, and how long that blob would be.
struct TableShape {
  std::uint64_t elements = 0;  ///< pairs of a hash, members of the others
  std::uint64_t longest = 0;   ///< of its strings
  std::uint64_t packed = 0;    ///< bytes of its strings in a listpack, without frame, scores, deadlines
  bool all_integers = true;
};

/// The blob of such a table as an intset: the shortest of 2, 4 and 8 bytes that holds its longest number.
std::uint64_t intset_bytes(const TableShape& shape, const Sizes& sizes);
/// As a listpack; `besides`: bytes of scores or deadlines.
std::uint64_t listpack_bytes(const TableShape& shape, std::uint64_t besides, const Sizes& sizes);

/// The bytes of a hash, set or sorted set that lies in a hash table, without its object: tables, entries,
/// strings and skip list nodes. Give it the parts as they come, then ask once; after finish() it is empty
/// again.
///
/// A table of slots that grows doubles, and keeps its old slots until operations have moved every filled one:
/// `spo` of them at a time, so for (n - b - 1) spo < 0.632 b, where b is the size it had. After a restart
/// tables have the right size at once, with one exception: a hash of few fields is read into a listpack until
/// a long value comes, and grows from there. Small values are blobs again after a restart (rdb.c,
/// rdbLoadObject). A table of buckets (Valkey 8.1) moves one bucket at each look, filled or not (hashtable.c,
/// rehashStep).
class TableValue {
 public:
  TableValue(const ServerModel& server, const VersionLayout& layout, const Sizes& sizes);
  void add(KeyType type, std::span<const Part> parts);
  /// Of what came since the last finish().
  TableShape shape(KeyType type) const;
  std::uint64_t finish(KeyType type, std::uint64_t field_ttls);

 private:
  void add_fields(std::span<const Part> parts);
  void look_at(std::span<const Part> parts);
  void add_strings(std::span<const Part> parts);
  void add_nodes(std::span<const Part> parts);
  std::uint64_t field_with_value(std::uint64_t field, std::uint64_t value) const;
  std::optional<std::uint64_t> blob(KeyType type) const;
  /// A table of `size`, and the one before it as long as it holds something.
  struct Tables {
    std::uint64_t size = 0, before = 0;
    double left = 0;  ///< the share of the old one that has not been moved
  };
  Tables slot_tables(KeyType type, std::uint64_t n) const;
  std::uint64_t first_buckets(KeyType type, std::uint64_t n) const;
  std::uint64_t buckets(KeyType type, std::uint64_t n) const;
  std::uint64_t slots(KeyType type, std::uint64_t n) const;
  std::uint64_t largest_blob(KeyType type, std::uint64_t n) const;
  std::uint64_t grown_from(KeyType type, std::uint64_t n) const;
  std::uint64_t loaded_from(std::uint64_t n) const;
  std::uint64_t entries(KeyType type, std::uint64_t n) const;
  bool any_long() const { return longest_ > 64; }
  bool grows_on_load(KeyType type, std::uint64_t n) const {
    return type == KeyType::hash && any_long() && n <= server_.hash_listpack_entries;
  }

  const ServerModel& server_;
  const VersionLayout& layout_;
  const Sizes& sizes_;
  double node_without_member_ = 0;

  std::uint64_t count_ = 0;
  std::uint64_t strings_ = 0;
  std::uint64_t packed_ = 0;
  std::uint64_t longest_ = 0;
  std::uint64_t first_long_ = 0;     // place of the first part beyond 64 bytes
  std::uint64_t deadline_room_ = 0;  // what all fields would take more if each had a TTL
  std::uint64_t deadlines_ = 0;
  std::uint64_t field_ = 0;  // of the value that comes next, when a batch ended between the two
  bool all_integers_ = true;
};

}  // namespace headroom::memory
