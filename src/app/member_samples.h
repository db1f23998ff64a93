#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace headroom::app {

/// When members of sets were first seen by a plan, kept from plan to plan in the state folder
/// (samples/FINGERPRINT, one file per server): what stays for ten minutes is no call under way. Members are
/// kept as hashes, 100 000 at most; one that a plan does not meet any more is forgotten.
class MemberSamples {
 public:
  static constexpr std::chrono::minutes gap{10};

  /// `state`: path of the state folder; empty: nothing is kept. A file that is missing or cannot be read is
  /// an empty one. `now`: of the server.
  MemberSamples(const std::string& state, std::string_view server, std::chrono::milliseconds now);

  /// Whether an earlier plan saw it, `gap` or more ago. Remembers it.
  bool seen_before(std::string_view set, std::uint32_t db, std::string_view member);
  /// Errors: the state folder is not ours, or full.
  Result<bool> save() const;

 private:
  void load();
  std::string folder_{}, path_{};
  std::int64_t now_;
  std::unordered_map<std::uint64_t, std::int64_t> before_{}, met_{};  ///< hash to ms since the epoch
};

}  // namespace headroom::app
