#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/session.h"
#include "base/bytes.h"
#include "base/result.h"
#include "model/key_record.h"
#include "plan/keys/key_rules.h"
#include "wire/link.h"

namespace headroom::app {

/// What shows on the running server that a key still has the value of a copy: for a string the hash of it,
/// for a hash, set or sorted set every member and that there are no more, and for all the TTL. Nothing shows
/// that of lists and streams, nor of what is large: a step would hold the server up.
class SameValue {
 public:
  struct Asked {
    std::uint32_t db = 0;
    std::string key{};
    KeyType type = KeyType::unknown;
    Expires expires = Expires::unknown;
    Bytes bytes{};
  };

  static Result<SameValue> in(const Session& copy);
  /// For each of the keys. Reads the copy in one go. Error: the connection broke.
  Result<std::vector<plan::keys::Proof>> of(std::span<const Asked> keys);

 private:
  explicit SameValue(std::unique_ptr<wire::Link> link) : link_(std::move(link)) {}
  Result<plan::keys::Proof> hear(const Asked& asked);
  std::unique_ptr<wire::Link> link_;
};

}  // namespace headroom::app
