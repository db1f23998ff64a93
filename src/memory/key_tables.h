#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "memory/server_model.h"
#include "model/server_facts.h"

/// What the keys of a database cost beside themselves: the tables that find them. The one place of these
/// formulas.
namespace headroom::memory {

struct KeyTables {
  Bytes main{};     ///< slots of the table that finds keys by name, with what collisions cost
  Bytes expires{};  ///< slots of the table of keys that have a deadline; its entries belong to the keys
};

/// Slots of 8 bytes, as many as the next power of two and at least 4 (dict.c); Redis from 7.4 and Valkey 8.0
/// double a table that is exactly full; Redis from 8.2 adds 16 bytes for each key that shares its slot;
/// Valkey from 8.1 has buckets of 64 bytes for 7 keys, with further buckets where more meet. Tables that are
/// moving to another size are not in it: for that time the server holds both.
KeyTables key_tables(const ServerModel& server, const Keyspace& db);
KeyTables key_tables(const ServerModel& server, std::span<const Keyspace> dbs);

/// What the allocator gives for the entry that a key with a deadline has in the table of those; 0 where the
/// deadline is part of the key's object.
std::uint64_t deadline_entry(const ServerModel& server);

/// How many of `n` keys share one of `slots` slots with a key that was there before, on average:
/// n - slots (1 - (1 - 1/slots)^n).
double expected_collisions(std::uint64_t n, std::uint64_t slots);

/// The bytes of `n` entries in buckets of 64 bytes: 7 to a bucket, 6 more for each further one. `presized`:
/// made for n at once, with 32/5 entries a bucket, and not grown bucket table by bucket table.
std::uint64_t bucket_table(std::uint64_t n, bool presized);

/// The bytes of so many buckets, further ones included, with `load` entries for each.
double buckets_with(std::uint64_t buckets, double load);
/// Buckets that are made for `n` entries at once.
std::uint64_t presized_buckets(std::uint64_t n);

/// A power of two of slots of 8 bytes for `n` entries; 0 for none.
std::uint64_t slot_table(std::uint64_t n);

/// What an empty server uses, for files, which do not say (live servers do: used_memory_startup). Measured:
/// Redis 7.0.15 of Debian. The others are near: 0.67 MB for 8.x, from an independent calculator
/// (memory-model.md A.5).
Bytes startup_bytes(const ServerModel& server);

}  // namespace headroom::memory
