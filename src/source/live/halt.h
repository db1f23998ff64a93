#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace headroom::source {

/// Why a part of a scan came to an end, and so what has to happen next.
struct Halt {
  enum class Kind : std::uint8_t {
    done,     ///< all of it was done
    check,    ///< time to compare the run_id; then go on
    lost,     ///< the connection is gone
    wait,     ///< the server is in a state that passes: LOADING, BUSY
    changed,  ///< another process answers now: cursors mean nothing
    stopped,  ///< a budget or a limit ended it; what was read is true
    failed,   ///< no use going on
  };
  Kind kind = Kind::done;
  Error error{};                  ///< of lost, wait and failed
  std::string_view stopped_by{};  ///< of stopped; a literal

  bool is_done() const { return kind == Kind::done; }
};

inline Halt halt(Halt::Kind kind, Error error = {}) { return {kind, std::move(error), {}}; }
inline Halt stopped(std::string_view why) { return {Halt::Kind::stopped, {}, why}; }

}  // namespace headroom::source
