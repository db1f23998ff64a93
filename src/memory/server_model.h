#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "memory/size_class.h"
#include "model/server_facts.h"

namespace headroom::memory {

enum class Flavour : std::uint8_t { redis, valkey };

struct Version {
  std::uint32_t major = 7;
  std::uint32_t minor = 0;
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// In which state values are.
enum class Held : std::uint8_t {
  live,  ///< as they grew, one element after the other: old tables half moved, the last node of a stream with
         ///< room
  packed,  ///< as after a restart from the file: tables of the right size, small values in one blob again
};

/// The server whose memory is modelled.
struct ServerModel {
  Flavour flavour = Flavour::redis;
  Version version{};
  Allocator allocator = Allocator::jemalloc_8;
  Held held = Held::live;
  bool cluster = false;
  /// Small numbers cost nothing: false when maxmemory is set with a policy by LRU or LFU. Redis from 8.2 and
  /// Valkey from 8.1 share none in any case.
  bool shared_integers = true;
  /// hash-max-listpack-entries: 512 as compiled and in the redis.conf of 7.0, where nobody set it. What the
  /// tables of hashes just above it look like depends on it, and nothing else.
  std::uint64_t hash_listpack_entries = 512;
};

/// Reads flavour, version ("7.0.15"), allocator and quantum, maxmemory and its policy. A version that cannot
/// be read is taken for 7.0. When the quantum is unknown: libc when the allocator says so; jemalloc 5.3.0
/// under a Redis before 7.2 is Debian's with 16 (its own was 5.2.1); 8 otherwise. calibrate.h tells the
/// quantum from a file.
ServerModel server_model(const ServerFacts& server, Held held);

/// Where and how a server keeps things, for the formulas of key_model.h and key_tables.h. One row per family
/// of versions, made once per model. Lengths in bytes on 64 bits.
///
/// Checked by measurement: Redis 7.0 (bench/memory_model, and memory-model.md A.3), 7.2, 7.4, 8.0 and
/// Valkey 8.0 (A.3, servers built there). Only read in their sources: Redis before 7, 8.2 and later;
/// Valkey 8.1 and later.
struct VersionLayout {
  SdsLimits sds{};

  // The key.
  enum class Key : std::uint8_t {
    entry,     ///< an entry of the table, the key in an allocation of its own, the object
    in_entry,  ///< the key is part of the entry (Valkey 8.0)
    in_object  ///< no entry; key, and deadline, are part of the object (Redis 8.2, Valkey 8.1)
  };
  Key key = Key::entry;
  std::uint64_t key_entry = 24;
  bool deadline_kept_for_long_keys = false;  ///< keys of 128 bytes and more have room for a deadline at once
  bool shares_integers = true;
  std::uint64_t embedded_value_limit = 44;  ///< of a string in its object; in_object: of the whole allocation

  // Tables.
  enum class Table : std::uint8_t {
    chained,  ///< a power of two of pointers, entries in chains
    buckets   ///< 64-byte buckets of 7 (Valkey 8.1)
  };
  Table table = Table::chained;
  bool main_table_doubles_when_full = false;  ///< Redis 7.4, Valkey 8.0: the power of two above n + 1
  std::uint64_t table_header = 56;
  bool sets_have_entries = true;  ///< otherwise only members that collide have one, of 16 bytes
  enum class Field : std::uint8_t { sds, mstr, with_value };
  Field field = Field::sds;
  bool member_in_skiplist_node = false;
  bool converted_for_one_more =
      false;  ///< a listpack that is full becomes a table that has room for the next, too

  // Blobs.
  bool listpacks = true;     ///< otherwise ziplists
  bool small_sets = false;   ///< sets of up to 128 short members are a listpack
  bool small_lists = false;  ///< a list of one node is a listpack
  std::uint64_t quicklist_node = 40;

  // Streams.
  std::uint64_t stream = 80, group = 40, pending = 24, consumer = 24, radix_tree = 24;
  bool pending_by_time = false;     ///< a second tree of what is pending
  bool pending_by_message = false;  ///< which groups wait for a message
};

VersionLayout version_layout(Flavour flavour, Version version);

}  // namespace headroom::memory
