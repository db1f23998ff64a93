#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/stored_value.h"
#include "report/spool.h"

/// `headroom rdb json`: whole values, one object per line, written while they pass by.
namespace headroom::report {

/// Writes {"key", "key_base64" where the name is not UTF-8, "db", "type", "expires_at" (RFC 3339) where it
/// expires, "value"}. Everything stands in the order of the file. The value of
///  - a string: its text;
///  - a list or set: an array of texts;
///  - a zset: an array of [member, score], the score a number, or "inf", "-inf", "nan";
///  - a hash: an array of [field, value], and of [field, value, "expires_at"] for fields with a TTL of their
///  own;
///  - a stream: {"entries": [[id, [field, value, ...]], ...], "last_id", "groups": [{"name", "last_id",
///  "pending":
///    [{"id", "delivered_at", "deliveries"}, ...], "consumers": [{"name", "seen_at", "pending": [id, ...]},
///    ...]}, ...]};
///  - a module: null.
/// Bytes that are not UTF-8 are {"base64": "..."} instead of a text. Names are never cut. A value that broke
/// off is closed, and "incomplete": true stands behind it. Holds some 300 KiB, however large a value is.
class ValueJson {
 public:
  explicit ValueJson(Sink sink) : spool_(std::move(sink)) {}

  void begins(const StoredKey& key);
  void element(const StoredKey& key, const Element& element);
  // Of a stream, in this order: its entries, its last id, then each group with its pieces.
  void entry(std::string_view id, std::span<const std::string_view> fields);
  void last_id(std::uint64_t ms, std::uint64_t seq);
  void group(std::string_view name, std::uint64_t last_ms, std::uint64_t last_seq);
  void piece(const StreamPiece& piece);
  void ends(const StoredKey& key) { close(key, true); }
  /// Nothing more comes: closes a line that was begun, and hands on what is left.
  void finish();

 private:
  /// How deep in a stream the next piece belongs.
  enum class Place : std::uint8_t { entries, groups, pending, consumers, consumer_pending };
  void close(const StoredKey& key, bool whole);
  void leave_for(Place place);
  void separate();
  void id(std::string_view raw);

  Spool spool_;
  KeyType open_ = KeyType::unknown;  ///< of the key whose line was begun
  Place place_ = Place::entries;
  bool first_ = true;
};

}  // namespace headroom::report
