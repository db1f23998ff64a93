#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/server_facts.h"

namespace headroom::wire {

/// The text that INFO answers: lines "field:value" under "# Section" lines. Owns its bytes; never fails: what
/// a server left out, or wrote in a way that means nothing, reads as absent. Source of the format: redis
/// src/server.c genRedisInfoString.
class InfoText {
 public:
  InfoText() = default;
  explicit InfoText(std::string text) : text_(std::move(text)) {}

  /// The value of the first line with this field, as the server wrote it (hostile bytes: printable() before
  /// showing it). Empty when absent. Holds as long as this object.
  std::string_view text(std::string_view field) const;
  /// Empty when absent, negative, too large for 64 bits, or followed by anything that is not a digit.
  std::optional<std::uint64_t> number(std::string_view field) const;
  /// Empty when absent, not a finite number, or negative.
  std::optional<double> real(std::string_view field) const;
  /// The databases that hold keys, as the section "keyspace" lists them: ascending. Lines that break the
  /// order, or have no number of keys, are left out, so no database comes twice.
  std::vector<Keyspace> keyspace() const;

 private:
  std::string text_{};
};

}  // namespace headroom::wire
