#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/attribution.h"
#include "model/key_record.h"

/// What headroom knows of the libraries that write keys: data, one file per library in known/.
namespace headroom::family {

/// A set of key types.
struct Types {
  std::uint16_t bits = 0;
  constexpr Types() = default;
  constexpr Types(KeyType type) : bits(static_cast<std::uint16_t>(1U << static_cast<unsigned>(type))) {}  // NOLINT: reads as data
  constexpr Types operator|(Types other) const { Types t; t.bits = bits | other.bits; return t; }
  constexpr bool has(KeyType type) const { return (bits >> static_cast<unsigned>(type)) & 1U; }
};

/// When a key of a shape is debris. `none` means never by itself.
enum class DebrisWhen : std::uint8_t {
  none,
  without_ttl,       ///< no TTL although the library sets one
  idle,              ///< not touched for `idle_minutes`
  newer_layout,      ///< the owner shows tells of a layout in which nobody writes this key any more
  smaller_than_job,  ///< a hash too small to be a job (stub)
};

/// One kind of key. `shape` is literal text with placeholders:
///   {root}  the owner's prefix: one or more segments, may hold ':' and anything else; only at the start
///   {n}     decimal digits          {uuid}  8-4-4-4-12 hex      {hex}  hex digits, 8 or more
///   {id}    one or more bytes without ':'                       {any}  one or more bytes of any kind
/// A literal brace is doubled.
struct KeyShape {
  std::string_view shape{};
  Types types{};
  std::string_view role{};  ///< the part it is shown under: "job", "waiting", "events", "result", "log", "lock", "counter", ...
  Care care = Care::hands_off;
  std::string_view why{};
  std::uint8_t tell = 0;    ///< how much a key of this shape and type says that {root} is this family's; a root is confirmed at 4
  DebrisWhen debris_when = DebrisWhen::none;
  std::string_view debris{};      ///< kind, kebab-case
  Certainty certainty = Certainty::suspected;
  std::string_view debris_why{};
  std::uint32_t idle_minutes = 0;
};

/// What a present shape says about the version of the library that wrote it.
struct VersionTell {
  std::string_view shape{};    ///< one of the family's shapes
  std::string_view version{};  ///< "5.1 or later"
};

struct Example {
  std::string_view key{};
  KeyType type = KeyType::unknown;
  std::string_view role{};
};

struct Family {
  std::string_view name{};   ///< "bullmq"
  std::string_view title{};  ///< "BullMQ 1-6"
  std::vector<KeyShape> shapes{};  ///< the first that fits name and type wins
  std::vector<VersionTell> versions{};  ///< the last that is present wins: oldest first
  std::vector<std::string_view> rivals{};  ///< families that may share a root; the one with the higher sum of tells owns it
  bool closed_world = false;  ///< a container of no known shape under a confirmed root makes the owner read-only
  bool read_only = false;     ///< recognised, never touched (BullMQ Pro)
  std::vector<Example> examples{};  ///< a test holds the family to them
};

/// Every known family, from known/. In order of file name.
std::vector<Family> known_families();

}  // namespace headroom::family
