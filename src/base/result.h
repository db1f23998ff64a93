#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace headroom {

/// How the program ends; the same numbers for every command (README.md).
enum class Exit : std::uint8_t {
  fine = 0,
  findings = 1,     ///< something at or above --fail-on was found
  usage = 2,        ///< wrong option, wrong configuration
  unreachable = 3,  ///< cannot reach the server, or it does not allow this
  partial = 4,      ///< stopped early: what was printed is true but not whole
  refused = 5,      ///< refused for safety
};

/// An error of the world outside, for a person: what happened, where, what to type next.
/// Our own mistakes are assertions, never Errors. None of the three texts may hold a secret.
struct Error {
  std::string what{};
  std::string where{};
  std::string remedy{};
  Exit exit = Exit::unreachable;
};

/// A value or an Error. A thin subclass because a bare tl::expected can be dropped without a warning.
template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace headroom
