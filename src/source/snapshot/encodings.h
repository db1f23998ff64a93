#pragma once

#include <cstdint>
#include <string_view>

#include "model/key_record.h"
#include "model/stored_value.h"

namespace headroom::source {

/// The encodings in which a server holds what its file has, as OBJECT ENCODING names them. The file keeps
/// most of them; of strings the length decides, and from some versions on that of the key as well.
class Encodings {
 public:
  Encodings() = default;  ///< of Redis before 7.2, and where the version is not known
  /// "redis" or "valkey", and "8.1.1".
  Encodings(std::string_view flavour, std::string_view version);

  Encoding of(const StoredKey& key, const ValueSize& size) const;

 private:
  bool is_embedded(const StoredKey& key, std::uint64_t length) const;

  bool small_lists_ = false;  ///< a list that is one blob is a listpack, no quicklist of one node
  /// The most that an object may take with key, deadline and string in it; 0: the key is elsewhere.
  std::uint64_t longest_with_key_ = 0;
  bool valkey_ = false;
};

}  // namespace headroom::source
