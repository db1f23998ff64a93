#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "app/options.h"
#include "base/bytes.h"
#include "base/result.h"
#include "model/key_record.h"

namespace headroom::app {

/// Which keys a user wants to see.
struct KeyFilter {
  enum class Expiry : std::uint8_t {
    whatever,
    never,
    any,      ///< has a TTL, past or to come
    expired,  ///< its TTL had run out when the snapshot was made
    within,   ///< it runs out in `within` from then; expired ones are not among them
  };
  std::optional<std::uint32_t> db{};
  std::string pattern{};  ///< glob; empty: any name
  KeyType type = KeyType::unknown;
  std::optional<Bytes> min_size{};
  Expiry expiry = Expiry::whatever;
  std::chrono::milliseconds within{};
  std::string family{};  ///< judged by KeyFamilies

  bool takes_all() const;
  bool takes_name(std::uint32_t db_of_key, std::string_view key) const;
  /// `ttl` is empty when the key does not expire.
  bool takes(KeyType type_of_key, std::optional<std::chrono::milliseconds> ttl) const;
  bool takes_size(std::optional<Bytes> bytes) const;
};

/// What the options say. Errors (Exit::usage): a value that means nothing.
Result<KeyFilter> key_filter(const Options& options);

}  // namespace headroom::app
