#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace headroom {

enum class KeyType : std::uint8_t { unknown, string, list, set, zset, hash, stream, module };
inline constexpr std::size_t key_type_count = 8;

/// As OBJECT ENCODING names them; `other` is one this version of headroom has not met.
enum class Encoding : std::uint8_t {
  unknown,
  integer,
  embstr,
  raw,
  listpack,
  ziplist,
  intset,
  quicklist,
  hashtable,
  skiplist,
  stream,
  other
};
inline constexpr std::size_t encoding_count = 12;

/// unknown is not never: a source that cannot see deadlines must not make keys immortal.
enum class Expires : std::uint8_t { unknown, never, at };

/// What a source learned about one key.
/// Borrowed: `key` lives in the source's buffer and is gone when RecordSink::take returns.
struct KeyRecord {
  std::string_view key{};
  std::uint32_t db = 0;
  std::uint32_t ticket = 0;  ///< the one RecordSink::look gave for this key
  KeyType type = KeyType::unknown;
  Encoding encoding = Encoding::unknown;
  std::optional<Bytes> bytes{};  ///< MEMORY USAGE, or a model's answer; empty: this source cannot know
  bool bytes_sampled = false;  ///< the server looked at some elements only, so `bytes` is itself an estimate
  std::optional<std::uint64_t> elements{};
  Expires expires = Expires::unknown;
  /// Time left; meaningful when expires == at. Below zero: the deadline had passed when a snapshot was taken.
  std::chrono::milliseconds ttl{};
  std::optional<std::chrono::seconds> idle{};  ///< since the last access; a lower bound of the age
  std::optional<std::uint8_t> freq{};          ///< LFU counter, only under an LFU policy
};

/// How much a source should find out about a key that it has just named.
enum class Look : std::uint8_t {
  name,     ///< nothing more; take() is not called
  type,     ///< the type alone
  size,     ///< type, TTL and bytes
  details,  ///< everything this source can know
};
struct Interest {
  Look look = Look::name;
  std::uint32_t ticket =
      0;  ///< handed back in the record, so that the sink finds its place again without a second look-up
};

/// Where records go. One thread. For every key named, look() is called once; for every answer but Look::name,
/// at most one take() follows (none when the key vanished in between), possibly many look() calls later but
/// in the same order.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// Counts the key. Called on the hot path: some 800 000 times a second.
  virtual Interest look(std::uint32_t db, std::string_view key) = 0;
  virtual void take(const KeyRecord& record) = 0;
  /// The source has to begin again (the server restarted: its cursors mean nothing now). Forget everything.
  virtual void restart() = 0;
};

/// How a reading of the keyspace went.
struct ScanOutcome {
  bool complete = true;        ///< every key that was there from beginning to end was named
  std::uint64_t keys = 0;      ///< names returned, duplicates included
  std::uint64_t expected = 0;  ///< what the server said it holds (INFO keyspace), at the start
  std::uint64_t expected_after = 0;
  std::uint64_t asked = 0;   ///< keys looked at in detail
  std::uint64_t denied = 0;  ///< keys whose every look-up the server refused: no take() for them
  std::uint64_t restarts = 0;
  std::chrono::milliseconds took{};
  std::string_view stopped_by{};  ///< why complete is false, in words; a literal
};

}  // namespace headroom
