#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/stored_value.h"

/// What the decoder tells, in the order of the file. It keeps nothing: views are gone when a call returns.
namespace headroom::source::rdb {

struct StreamGroup {
  std::string_view name{};
  std::uint64_t last_ms = 0, last_seq = 0;
  std::uint64_t entries_read = 0;
};
struct StreamState {
  std::uint64_t last_ms = 0, last_seq = 0;
  std::uint64_t entries = 0;
};

class Events {
 public:
  virtual ~Events() = default;
  /// The header: 11, or 80 with `valkey` for "VALKEY080".
  virtual void begins(unsigned version, bool valkey) { (void)version, (void)valkey; }
  virtual void aux(std::string_view name, std::string_view value) { (void)name, (void)value; }
  /// Keys and TTLs that the database has, as the file announces them (RESIZEDB); a hint and no promise.
  virtual void announces(std::uint32_t db, std::uint64_t keys, std::uint64_t expires) {
    (void)db, (void)keys, (void)expires;
  }
  /// The code of a function library.
  virtual void library(std::string_view code) { (void)code; }

  /// A key begins; the answer says how much of its value is told by the calls below.
  virtual Reading key(const StoredKey& key) = 0;
  virtual bool element(const StoredKey& key, const Element& element) {
    return (void)key, (void)element, true;
  }
  /// Some fields of a hash at once, where key() was answered with `names`.
  virtual bool names(const StoredKey& key, std::span<const std::string_view> names) {
    for (const auto name : names)
      if (!element(key, {name})) return false;
    return true;
  }
  /// A string, where key() was answered with `stored`. Its bytes are gone with the piece of the file in which
  /// they lie, if they lie in one.
  virtual void stored(const StoredKey& key, const StoredString& string) { (void)key, (void)string; }
  /// Fields and values of one entry of a stream, taking turns.
  virtual void entry(std::string_view id, std::span<const std::string_view> fields) {
    (void)id, (void)fields;
  }
  virtual void stream(const StreamState& state) { (void)state; }
  virtual void group(const StreamGroup& group) { (void)group; }

  // What the value is made of; told whatever was answered to key().
  virtual void parts(const StoredKey& key, std::span<const Part> parts) { (void)key, (void)parts; }
  virtual void node(const StoredKey& key, std::uint64_t length, bool plain) {
    (void)key, (void)length, (void)plain;
  }
  virtual void piece(const StreamPiece& piece) { (void)piece; }

  virtual void ends(const StoredKey& key, const ValueSize& size) = 0;
};

}  // namespace headroom::source::rdb
